"""Two workers that train each trial together, as two processes."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from processes import command_line, start

from model_search.handle import load

SPEC = """
problem_type: DNN
blocks_to_use: "FIXED_OUTPUT_FULLY_CONNECTED_64"
minimum_depth: 1
maximum_depth: 1
use_synchronous_optimizer: true
learning_spec { min_learning_rate: 1e-3 max_learning_rate: 1e-2 optimizers: "adam" apply_cosine_decay: true }
"""


def free_ports(count: int) -> list[int]:
    import socket

    sockets = [socket.socket() for _ in range(count)]
    for listener in sockets:
        listener.bind(("127.0.0.1", 0))
    ports = [listener.getsockname()[1] for listener in sockets]
    for listener in sockets:
        listener.close()
    return ports


@pytest.fixture
def train(tmp_path: Path) -> list[str]:
    (tmp_path / "spec.pbtxt").write_text(SPEC)
    return ["train", f"--spec={tmp_path}/spec.pbtxt", "--dataset=digits", "--train_steps=30", "--max_trials=2",
            "--num_trainers=0", "--threads_per_trainer=1", "--norefit"]  # fmt: skip


def test_trains_what_one_would(train: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = start(*train, f"--model_dir={tmp_path}/alone")
    cluster = {"worker": [f"127.0.0.1:{port}" for port in free_ports(2)]}
    workers = []
    for index, name in enumerate(("chief", "other")):
        task = {"type": "worker", "index": index}
        monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": cluster, "task": task}))
        workers.append(start(*train, f"--model_dir={tmp_path}/{name}"))
    said = [process.communicate(timeout=300)[0] for process in (*workers, alone)]
    assert [process.returncode for process in (*workers, alone)] == [0, 0, 0], said
    assert "this worker took part in 2 trainings" in said[1]
    assert not (tmp_path / "other").exists()
    losses = {}
    for name in ("chief", "alone"):
        handle = load(str(tmp_path / name))
        losses[name] = [trial.result.loss for trial in handle.store.trials(handle.study.id) if trial.result]
        handle.store.close()
    assert len(losses["alone"]) == 2
    assert losses["chief"] == pytest.approx(losses["alone"], rel=1e-4)


def test_what_does_not_fit_is_refused(train: list[str], tmp_path: Path) -> None:
    cluster = {"cluster": {"worker": ["127.0.0.1:1", "127.0.0.1:2"]}, "task": {"type": "worker", "index": 0}}
    environment = os.environ | {"TF_CONFIG": json.dumps(cluster)}
    command = command_line(*train, f"--model_dir={tmp_path}/x", "--num_trainers=2")
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 2
    assert done.stderr == "model_search: error: --num_trainers=2: a worker of TF_CONFIG is one process; give 0\n"
