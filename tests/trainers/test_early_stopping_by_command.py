"""Early stopping and Pareto fronts by command."""

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
    assert all((row["model"] is None) == (row["state"] == "STOPPED") for row in rows)
    assert all(row["flops"] > 0 and row["latency_ms"] > 0 for row in rows)
    stopped = rows[-1]["number"]
    page = command("show", f"--model_dir={tmp_path}", f"--trial={stopped}").out
    assert "STOPPED" in page and "multiply-adds: " in page and "latency: " in page
    exported = command("export", f"--model_dir={tmp_path}", f"--trial={stopped}", f"--output={tmp_path}/m.keras")
    assert exported.status == 2
    assert f"trial {stopped} is STOPPED and has no model" in exported.err

    for flag, cost in (("--pareto", "parameters"), ("--pareto=flops", "flops")):
        front = json.loads(command("leaderboard", f"--model_dir={tmp_path}", "--format=json", flag).out)
        costs = [row[cost] for row in front]
        assert front[0]["objective"] == rows[0]["objective"]
        assert costs[-1] == min(row[cost] for row in rows if row["state"] == "COMPLETED")
        assert costs == sorted(costs, reverse=True)
    wrong = command("leaderboard", f"--model_dir={tmp_path}", "--pareto=size")
    assert wrong.status == 2 and "size" in wrong.err

    other = command("train", *SEARCH, f"--model_dir={tmp_path}", "--early_stopping=none")
    assert other.status == 2
    assert "SUCCESSIVE_HALVING" in other.err
