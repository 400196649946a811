"""A trial trained again, and kept or not, by command."""

import json

import pytest

SPEC = """
problem_type: DNN
minimum_depth: 1
maximum_depth: 3
increase_complexity_minimum_trials: [0, 0, 0]
blocks_to_use: ["FIXED_OUTPUT_FULLY_CONNECTED_64", "FULLY_CONNECTED"]
learning_spec { min_learning_rate: 1e-3 optimizers: "adam" }
transfer_learning_spec { transfer_learning_type: SNAPSHOT_TRANSFER_LEARNING }
"""


@pytest.fixture
def search(command, tmp_path):
    """A search of four trials that keeps one, and whose last trials start from others."""
    (tmp_path / "spec.pbtxt").write_text(SPEC)
    outcome = command(
        "train", "--num_trainers=0", f"--spec={tmp_path}/spec.pbtxt", "--dataset=digits", "--seed=3", "--norefit",
        "--train_steps=30", "--batch_size=16", "--max_trials=4", "--keep_models=1", f"--model_dir={tmp_path}/first",
    )  # fmt: skip
    assert outcome.status == 0, outcome
    return tmp_path


def rows(command, folder) -> dict[int, dict]:
    outcome = command("leaderboard", "--format=json", f"--model_dir={folder}")
    return {row["number"]: row for row in json.loads(outcome.out)}


def test_a_trial_is_trained_again_with_the_settings_of_its_search(command, search) -> None:
    first = rows(command, search / "first")
    number = max(n for n, row in first.items() if row["parents"])
    shown = command("show", f"--model_dir={search}/first", f"--trial={number}").out
    assert f"weights from earlier trials\n  trial {first[number]['parents'][0]}: " in shown
    replay = f"--spec={search}/first/trials/{number}/replay.pbtxt"
    again = command("train", "--num_trainers=0", replay, "--dataset=digits", f"--model_dir={search}/again")
    assert again.status == 0, again
    second = rows(command, search / "again")
    last = second[max(second)]
    assert (last["architecture"], last["kind"]) == (first[number]["architecture"], first[number]["kind"])
    assert last["metrics"] == pytest.approx(first[number]["metrics"], abs=1e-5)

    other = command("train", "--num_trainers=0", replay, "--dataset=digits", "--seed=4", f"--model_dir={search}/x")
    assert other.status == 2
    assert "--seed=4 is not 3, which the replay was trained with: leave it out" in other.err

    gone = next(n for n, row in first.items() if row["model"] is None)
    exported = command("export", f"--model_dir={search}/first", f"--trial={gone}", f"--output={search}/x.keras")
    assert exported.status == 2
    assert f"the model of trial {gone} was removed to save space" in exported.err
    assert "model: removed to save space" in command("show", f"--model_dir={search}/first", f"--trial={gone}").out
