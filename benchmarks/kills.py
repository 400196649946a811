"""A search whose trainers and supervisor are killed at random, and started again by the same command.

    python benchmarks/kills.py [--kills=10] [--trials=30] [--seed=0] [--trainers=2] [--trial_store=sqlite]

Each turn starts `model_search train` with some trainers, waits a random time and kills (`SIGKILL`) one trainer, the
supervisor, or all of them at once. `--trial_store` is `sqlite`, `postgresql` (a private server in a temporary folder),
or the URL of an empty database. After the kills the command is left to finish. Then: trials are 1..n, each once,
all final; none that had completed before a kill has changed; the leaderboard equals the database.
"""

import contextlib
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psutil
from absl import app, flags
from fleet.postgres import PrivatePostgres

from model_search.handle import load

KILLS = flags.DEFINE_integer("kills", 10, "How often something is killed.", lower_bound=0)
TRIALS = flags.DEFINE_integer("trials", 30, "Trials of the search.", lower_bound=1)
TRAINERS = flags.DEFINE_integer("trainers", 2, "Trainers of each turn.", lower_bound=1)
TRIAL_STORE = flags.DEFINE_string("trial_store", "sqlite", "sqlite, postgresql, or a URL.")
SEED = flags.DEFINE_integer("seed", 0, "Of what is killed when.")
COMMAND = [sys.executable, "-P", "-m", "model_search.trainers.main"]


def stored(folder: Path, url: str) -> dict[int, tuple]:
    """Number to (state, objective, architecture, hyperparameters)."""
    if not (folder / "study.json").exists():
        return {}
    handle = load(str(folder), url)
    try:
        trials = handle.store.trials(handle.study.id)
    finally:
        handle.store.close()
    return {
        trial.number: (
            trial.state.value,
            trial.result and trial.result.objective,
            trial.architecture.blocks,
            trial.suggestion and dict(trial.suggestion.hyperparameters),
        )
        for trial in trials
    }


@contextlib.contextmanager
def database(folder: Path) -> Iterator[str]:
    """The URL for `--trial_store`; empty for SQLite in the model directory."""
    if TRIAL_STORE.value == "postgresql":
        with PrivatePostgres(folder / "postgres") as server:
            yield server.url
    else:
        yield "" if TRIAL_STORE.value == "sqlite" else TRIAL_STORE.value


def completed(trials: dict[int, tuple]) -> dict[int, tuple]:
    return {number: row for number, row in trials.items() if row[0] == "COMPLETED"}


def kill_something(chance: random.Random, supervisor: psutil.Process) -> str:
    """Kills a trainer, the supervisor, or all; says which."""
    trainers = supervisor.children()
    what = chance.choice(["trainer", "supervisor", "all"])
    victims = {"trainer": trainers[:1], "supervisor": [supervisor], "all": [supervisor, *trainers]}[what]
    for victim in victims:
        victim.send_signal(signal.SIGKILL)
    return what


def main(_: list[str]) -> None:
    chance = random.Random(SEED.value)
    killed: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name, database(Path(name)) as url:
        folder = Path(name) / "search"
        train = [*COMMAND, "train", "--spec=small_dnn", "--dataset=digits", "--train_steps=100",
                 f"--num_trainers={TRAINERS.value}", f"--trial_store={url}", "--keep_models=0",
                 f"--max_trials={TRIALS.value}", f"--model_dir={folder}"]  # fmt: skip
        known: dict[int, tuple] = {}
        while sum(killed.values()) < KILLS.value:
            process = subprocess.Popen(train, stdout=subprocess.DEVNULL)
            before = len(completed(stored(folder, url)))
            # Every second time something has completed before, however slowly the machine starts trainers; else from
            # the first moments of starting up to the middle of trials.
            while sum(killed.values()) % 2 and process.poll() is None and len(completed(stored(folder, url))) == before:
                time.sleep(0.5)
            deadline = time.monotonic() + chance.uniform(1, 25)
            while time.monotonic() < deadline and process.poll() is None:
                time.sleep(0.1)
            if process.poll() is not None:
                print("the search finished before the last kill; give more trials")
                break
            what = kill_something(chance, psutil.Process(process.pid))
            killed[what] += 1
            if what == "trainer":
                time.sleep(chance.uniform(1, 10))
                process.kill()
            process.wait()
            now = completed(stored(folder, url))
            changed = [number for number, row in known.items() if now.get(number) != row]
            assert not changed, f"completed trials {changed} changed"
            known = now
            print(f"kill {sum(killed.values())}: {what}, {before} -> {len(now)} completed", flush=True)
        done = subprocess.run(train, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        final = stored(folder, url)
        assert list(final) == list(range(1, TRIALS.value + 1)), list(final)
        assert all(state in ("COMPLETED", "INFEASIBLE") for state, *_ in final.values())
        assert all(final[number] == row for number, row in known.items()), "a completed trial changed"
        board = subprocess.run(
            [*COMMAND, "leaderboard", "--format=json", f"--trial_store={url}", f"--model_dir={folder}"],
            capture_output=True,
            check=True,
        )
        rows = {row["number"]: (row["state"], row["objective"]) for row in json.loads(board.stdout)}
        assert rows == {number: row[:2] for number, row in final.items()}, "leaderboard and database differ"
        models = [
            number for number in completed(final) if not (folder / "trials" / str(number) / "model.keras").exists()
        ]
        assert not models, f"models of trials {models} are missing"
    print(f"killed: {dict(killed)}; trials 1..{TRIALS.value}, each once, none lost; "
          f"{Counter(state for state, *_ in final.values())}")  # fmt: skip


if __name__ == "__main__":
    app.run(main)
