"""Trainers and supervisors killed for real: nothing lost, nothing twice, the same command goes on."""

import json
import os
import random
import signal
import sqlite3
import time

import psutil
import pytest
from processes import start

TRIALS = 8


def arguments(table, folder) -> list[str]:
    return [
        "train", "--spec=small_dnn", f"--filename={table}", "--train_steps=30", f"--max_trials={TRIALS}",
        "--num_trainers=2", f"--model_dir={folder}",
    ]  # fmt: skip


def count(folder, rows: str) -> int:
    """Rows of a table, read from the database itself."""
    path = folder / "search.db"
    if not path.exists():
        return 0
    try:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
            return connection.execute(f"SELECT count(*) FROM {rows}").fetchone()[0]
    except sqlite3.OperationalError:
        return 0


def finished(folder) -> int:
    """Completed trials."""
    return count(folder, "search_trials WHERE state = 'COMPLETED'")


def wait_for(condition, seconds: float = 300) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def trainers_of(process) -> list[psutil.Process]:
    return [child for child in psutil.Process(process.pid).children() if child.status() != psutil.STATUS_ZOMBIE]


def test_kills_of_trainers_and_of_the_supervisor_lose_nothing(table, tmp_path, command) -> None:
    chance = random.Random(1)
    process = start(*arguments(table, tmp_path))
    wait_for(lambda: finished(tmp_path) >= 1)
    os.kill(chance.choice(trainers_of(process)).pid, signal.SIGKILL)
    wait_for(lambda: finished(tmp_path) >= 3)
    orphans = trainers_of(process)
    process.kill()
    process.wait()
    # Trainers without a supervisor give their trials back and end.
    wait_for(lambda: not any(orphan.is_running() for orphan in orphans))
    again = start(*arguments(table, tmp_path))
    output, _ = again.communicate(timeout=600)
    assert again.returncode == 0, output
    rows = json.loads(command("leaderboard", f"--model_dir={tmp_path}", "--format=json").out)
    assert sorted(row["number"] for row in rows) == list(range(1, TRIALS + 1))
    assert all(row["state"] == "COMPLETED" for row in rows), [row["error"] for row in rows]
    assert all((tmp_path / row["model"]).exists() for row in rows)


def test_interrupt_gives_back_says_how_to_resume_and_is_quick(table, tmp_path, command) -> None:
    long = [a for a in arguments(table, tmp_path) if "steps" not in a]
    process = start(*long, "--train_steps=200000", "--checkpoint_seconds=1000")
    wait_for(lambda: count(tmp_path, "search_measurements"))
    begin = time.monotonic()
    os.kill(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=300)
    # What is left of the steps would take longer.
    assert time.monotonic() - begin < 100
    assert process.returncode == 128 + signal.SIGINT
    assert f"interrupted: {TRIALS} trials are left; the same command again" in output
    rows = json.loads(command("leaderboard", f"--model_dir={tmp_path}", "--format=json").out)
    assert {row["state"] for row in rows} == {"WAITING"}
    # What was trained so far is kept for whoever takes the trial up.
    assert list(tmp_path.glob("trials/*/checkpoint.npz"))


def test_an_interrupted_search_with_completed_trials_does_not_exit_with_0(table, tmp_path) -> None:
    process = start(*arguments(table, tmp_path), "--num_trainers=0", "--max_trials=1000")
    wait_for(lambda: finished(tmp_path) >= 1)
    os.kill(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 130, output
    assert "best model:" in output
    assert f"interrupted: {1000 - finished(tmp_path)} trials are left; the same command again goes on" in output


@pytest.mark.parametrize("wrong", ["--label=no_such_column", "--spec=no_such_spec"])
def test_a_supervised_trainer_tells_what_is_wrong_in_one_line(wrong, table, tmp_path, capfd) -> None:
    process = start(*arguments(table, tmp_path), wrong)
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 2
    assert output.count("\n") == 1 and output.startswith("model_search: error:"), output
    assert wrong.split("=")[1] in output
