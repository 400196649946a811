"""Early stopping by command."""

import json

SEARCH = ["--dataset=digits", "--spec=small_dnn", "--train_steps=27", "--max_trials=8", "--num_trainers=0", "--norefit"]


def test_trials_that_fall_behind_are_stopped_and_the_best_is_complete(command, tmp_path) -> None:
    arguments = [*SEARCH, f"--model_dir={tmp_path}", "--early_stopping=successive_halving"]
    assert command("train", *arguments).status == 0
    board = command("leaderboard", f"--model_dir={tmp_path}", "--format=json")
    rows = json.loads(board.out)
    states = [row["state"] for row in rows]
    assert set(states) == {"COMPLETED", "STOPPED"}
    assert states == sorted(states)
    assert all((row["model"] == "") == (row["state"] == "STOPPED") for row in rows)
    assert all(row["flops"] > 0 and row["latency_ms"] > 0 for row in rows)
    stopped = rows[-1]["number"]
    page = command("show", f"--model_dir={tmp_path}", f"--trial={stopped}").out
    assert "STOPPED" in page and "multiply-adds: " in page and "latency: " in page
    exported = command("export", f"--model_dir={tmp_path}", f"--trial={stopped}", f"--output={tmp_path}/m.keras")
    assert exported.status == 2
    assert f"trial {stopped} is STOPPED and has no model" in exported.err

    other = command("train", *SEARCH, f"--model_dir={tmp_path}", "--early_stopping=none")
    assert other.status == 2
    assert "SUCCESSIVE_HALVING" in other.err
