"""A search on a Ray cluster of several nodes, whose trainers are killed and of which a node is removed.

    python benchmarks/ray_nodes.py [--nodes=3] [--trials=12] [--kills=3] [--seed=0]

The nodes are processes of this machine (`ray.cluster_utils.Cluster`), with room for one trainer each. While
`model_search launch` runs, trainers are killed (`SIGKILL`) at random, then the node of one is removed. In the end the
trials are 1..n, each once, all final. Needs Ray: pip install 'model-search[ray]'.
"""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

# Ray gives its workers the lowest priority, and its nodes thirty seconds to start.
os.environ.setdefault("RAY_worker_niceness", "0")
os.environ.setdefault("RAY_raylet_start_wait_time_s", "300")

import psutil
from absl import app, flags
from ray.cluster_utils import Cluster

from model_search.handle import StudyHandle, load
from model_search.study import TrialState

NODES = flags.DEFINE_integer("nodes", 3, "Nodes at the start.", lower_bound=2)
TRIALS = flags.DEFINE_integer("trials", 12, "Trials of the search.", lower_bound=1)
KILLS = flags.DEFINE_integer("kills", 3, "Trainers that are killed.", lower_bound=0)
SEED = flags.DEFINE_integer("seed", 0, "Of what is killed when.")
ACTOR = "ray::TrainerActor"


def trainers() -> list[psutil.Process]:
    """Trainers that are at work, as Ray names their processes."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.name().startswith("ray::Trainer") or ACTOR in " ".join(process.cmdline()[:1]):
                found.append(process)
        except psutil.Error:
            continue
    return found


def completed(handle: StudyHandle) -> dict[int, Any]:
    return {trial.number: trial.result for trial in handle.store.trials(handle.study.id, {TrialState.COMPLETED})}


def wait_for(count: int, handle: StudyHandle, process: subprocess.Popen) -> bool:
    """Waits until so many trials have completed; False where the search ended before."""
    while process.poll() is None:
        if len(completed(handle)) >= count:
            return True
        time.sleep(0.5)
    return False


def opened(folder: Path, process: subprocess.Popen) -> StudyHandle:
    while not (folder / "study.json").exists():
        if process.poll() is not None:
            raise SystemExit("the search did not start")
        time.sleep(0.5)
    return load(str(folder))


def main(_: list[str]) -> None:
    chance = random.Random(SEED.value)
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    nodes = [cluster.add_node(num_cpus=1) for _ in range(NODES.value - 1)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "search"
        launch = [sys.executable, "-P", "-m", "model_search.trainers.main", "launch"]
        command = [*launch, f"--ray_address={cluster.address}",
                   "--dataset=digits", "--spec=small_dnn", "--train_steps=200", f"--max_trials={TRIALS.value}",
                   f"--max_trainers={NODES.value}", "--lease_seconds=20",
                   f"--model_dir={folder}"]  # fmt: skip
        process = subprocess.Popen(command)
        handle = opened(folder, process)
        known: dict[int, Any] = {}
        killed = 0
        for kill in range(KILLS.value):
            if not wait_for(1 + kill, handle, process):
                break
            known |= completed(handle)
            victims = trainers()
            if victims:
                chance.choice(victims).send_signal(signal.SIGKILL)
                killed += 1
        if wait_for(KILLS.value + 2, handle, process):
            known |= completed(handle)
            cluster.remove_node(nodes[0], allow_graceful=False)
            print("a node was removed", flush=True)
        assert process.wait() == 0, "the search failed"
        trials = handle.store.trials(handle.study.id)
        assert [trial.number for trial in trials] == list(range(1, TRIALS.value + 1))
        assert all(trial.state.is_final for trial in trials)
        final = completed(handle)
        assert all(final[number] == result for number, result in known.items()), "a completed trial changed"
        states = Counter(trial.state.value for trial in trials)
        retried = sum(trial.attempt > 1 for trial in trials)
        handle.store.close()
    cluster.shutdown()
    print(f"{killed} trainers killed, 1 node removed; trials 1..{TRIALS.value}, each once; {dict(states)}; "
          f"{retried} took more than one attempt")  # fmt: skip


if __name__ == "__main__":
    app.run(main)
