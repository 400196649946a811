"""A search on a small table: train, resume, leaderboard, show, export, predict."""

import csv
import json
import subprocess
import sys

import pytest

QUICK = ["--spec=small_dnn", "--train_steps=20", "--num_trainers=0", "--label=label"]

PLAIN_KERAS = """
import sys
import keras
import tensorflow as tf

model = keras.models.load_model(sys.argv[1])
assert not any(name.startswith("model_search") for name in sys.modules)
row = {"x": tf.constant([[0.5]]), "y": tf.constant([[float("nan")]]), "colour": tf.constant([["violet"]])}
print(float(tf.reduce_sum(model(row))))
"""


@pytest.fixture(scope="module")
def searched(table, tmp_path_factory):
    """Model directory of a finished search of 3 trials, with what `train` printed."""
    folder = tmp_path_factory.mktemp("search")
    arguments = [*QUICK, f"--filename={table}", "--test_fraction=0.2", "--max_trials=3", f"--model_dir={folder}"]
    done = subprocess.run(
        [sys.executable, "-P", "-m", "model_search.trainers.main", "train", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder, done.stdout, arguments


def test_train_ends_with_the_table_the_best_model_and_what_to_type(searched) -> None:
    folder, out, _ = searched
    assert out.count("completed: accuracy") == 3
    assert "best model:" in out and str(folder) in out
    assert "test data: accuracy" in out
    assert "model_search export" in out


def test_leaderboard_json_is_best_first_and_complete(searched, command) -> None:
    folder, _, _ = searched
    rows = json.loads(command("leaderboard", f"--model_dir={folder}", "--format=json").out)
    assert sorted(row["number"] for row in rows) == [1, 2, 3]
    assert list(rows[0]) == [
        "number", "kind", "state", "objective", "metrics", "architecture", "hyperparameters", "parameters", "flops",
        "latency_ms", "parents", "members", "teacher", "seconds", "model", "error",
    ]  # fmt: skip
    objectives = [row["objective"] for row in rows]
    assert objectives == sorted(objectives, reverse=True)
    assert all((folder / row["model"]).exists() for row in rows)


def test_leaderboard_csv_has_the_same_numbers(searched, command) -> None:
    folder, _, _ = searched
    rows = json.loads(command("leaderboard", f"--model_dir={folder}", "--format=json").out)
    lines = list(csv.DictReader(command("leaderboard", f"--model_dir={folder}", "--format=csv").out.splitlines()))
    assert [float(line["objective"]) for line in lines] == [row["objective"] for row in rows]
    assert [json.loads(line["architecture"]) for line in lines] == [row["architecture"] for row in rows]


def test_leaderboard_of_nothing_is_an_error(tmp_path, command) -> None:
    outcome = command("leaderboard", f"--model_dir={tmp_path}")
    assert outcome.status == 2
    assert "holds no experiment" in outcome.err


def test_show_has_architecture_curves_and_test_metrics(searched, command) -> None:
    folder, _, _ = searched
    shown = command("show", f"--model_dir={folder}").out
    for part in ("architecture:", "hyperparameters:", "learning_rate", "metrics:", "test metrics:", "training_loss"):
        assert part in shown
    assert command("show", f"--model_dir={folder}", "2").out.startswith("trial 2:")
    missing = command("show", f"--model_dir={folder}", "--trial=9")
    assert (missing.status, missing.err.count("\n")) == (2, 1)
    assert "there is no trial 9" in missing.err


def test_the_same_command_again_trains_nothing_and_a_larger_budget_goes_on(searched, command) -> None:
    _, _, arguments = searched
    again = command("train", *arguments)
    assert again.status == 0
    assert "completed:" not in again.out
    more = command("train", *[a for a in arguments if "max_trials" not in a], "--max_trials=4")
    assert more.out.count("completed: accuracy") == 1
    assert "trial 4 completed" in more.out


def test_another_spec_or_data_under_the_same_name_is_refused(searched, command) -> None:
    _, _, arguments = searched
    for change in ("--spec=dnn", "--seed=5", "--train_steps=21"):
        outcome = command("train", *arguments, change)
        assert outcome.status == 2
        assert outcome.err.count("\n") == 1, outcome.err
        assert change.split("=")[0].strip("-") in outcome.err


def test_another_experiment_in_the_same_folder_is_refused(searched, command) -> None:
    _, _, arguments = searched
    outcome = command("train", *arguments, "--experiment_name=other")
    assert outcome.status == 2
    assert "holds experiment 'search'" in outcome.err


def test_predictions_of_the_exports_agree_with_each_other_and_with_plain_keras(
    searched, table, command, tmp_path
) -> None:
    folder, _, _ = searched
    keras_file, saved_model = tmp_path / "best.keras", tmp_path / "saved"
    assert command("export", f"--model_dir={folder}", f"--output={keras_file}").status == 0
    assert command("export", f"--model_dir={folder}", f"--output={saved_model}").status == 0
    outputs = [tmp_path / f"{name}.csv" for name in ("directory", "keras", "saved_model")]
    assert command("predict", f"--model_dir={folder}", f"--input={table}", f"--output={outputs[0]}").status == 0
    assert command("predict", f"--model={keras_file}", f"--input={table}", f"--output={outputs[1]}").status == 0
    assert command("predict", f"--model={saved_model}", f"--input={table}", f"--output={outputs[2]}").status == 0
    tables = [list(csv.DictReader(path.read_text().splitlines())) for path in outputs]
    assert [row["prediction"] for row in tables[0]] == [row["prediction"] for row in tables[1]]
    assert len(tables[0]) == 300 and set(tables[0][0]) == {"id", "prediction", "probability_no", "probability_yes"}
    for other in tables[1:]:
        for left, right in zip(tables[0], other, strict=True):
            assert float(left["probability_yes"]) == pytest.approx(float(right["probability_yes"]), abs=1e-5)
    plain = subprocess.run([sys.executable, "-c", PLAIN_KERAS, keras_file], capture_output=True, text=True, check=False)
    assert plain.returncode == 0, plain.stderr
    assert float(plain.stdout) == pytest.approx(1.0, abs=1e-5)


def test_check_trains_nothing(table, command, tmp_path) -> None:
    outcome = command("check", "--spec=small_dnn", f"--filename={table}", "--label=label", "--train_steps=10")
    assert outcome.status == 0
    for part in ("colour", "category", "FULLY_CONNECTED", "parameters", "nothing was trained"):
        assert part in outcome.out
    assert not list(tmp_path.iterdir())


def test_a_space_with_nothing_left_ends_in_order_and_burns_no_budget(table, command, tmp_path) -> None:
    spec = tmp_path / "one.pbtxt"
    spec.write_text(
        'problem_type: DNN minimum_depth: 1 maximum_depth: 1 blocks_to_use: "FULLY_CONNECTED"'
        ' learning_spec { min_learning_rate: 0.01 max_learning_rate: 0.01 optimizers: "adam" }'
    )
    folder = tmp_path / "found"
    arguments = [f"--spec={spec}", *QUICK[1:], f"--filename={table}", "--max_trials=3", f"--model_dir={folder}"]
    for _ in range(2):
        outcome = command("train", *arguments)
        assert outcome.status == 0, outcome.err
        assert "the search ends here: everything that the spec allows has been tried" in outcome.out
        assert "best model:" in outcome.out
        rows = json.loads(command("leaderboard", f"--model_dir={folder}", "--format=json").out)
        assert [row["state"] for row in rows] == ["COMPLETED"]
