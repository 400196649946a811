"""Several labels and several tasks by command: train, leaderboard, show, export and predict."""

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

SPEC = """
problem_type: PROBLEM minimum_depth: 1 maximum_depth: 2
blocks_to_use: "FULLY_CONNECTED" blocks_to_use: "FIXED_OUTPUT_FULLY_CONNECTED_64"
learning_spec { min_learning_rate: 3e-3 max_learning_rate: 1e-2 optimizers: "adam" }
"""
TASKS = """
multi_task_spec { label_name: "rich" number_of_classes: 2 }
multi_task_spec { label_name: "age" number_of_classes: 1 architecture: "FIXED_OUTPUT_FULLY_CONNECTED_64" }
primary_task_name: "age"
merge_losses_of_multitask: true
"""
PLATES = 'blocks_to_use: "CONVOLUTION_3X3" blocks_to_use: "FLATTEN"'


@pytest.fixture(scope="module")
def people(tmp_path_factory) -> Path:
    """150 rows: `rich` a class, `tall` and `heavy` 0 or 1, `age` a number."""
    rng = np.random.default_rng(0)
    pay, height = rng.normal(size=(2, 150))
    frame = pd.DataFrame({"pay": pay, "height": height, "rich": np.where(pay > 0, "yes", "no")})
    frame["tall"] = (height > 0).astype(int)
    frame["heavy"] = (height + pay > 0).astype(int)
    frame["age"] = (40 + 10 * pay).round(2)
    path = tmp_path_factory.mktemp("people") / "people.csv"
    frame.to_csv(path, index=False)
    return path


def spec(folder: Path, more: str = TASKS, problem: str = "DNN") -> Path:
    path = folder / "spec.pbtxt"
    path.write_text(SPEC.replace("PROBLEM", problem) + more)
    return path


def searched(command, folder: Path, *arguments: object) -> Path:
    """The folder of a search of one trial, or as the arguments say."""
    quick = ["--num_trainers=0", "--max_trials=1", "--train_steps=60", "--batch_size=16", f"--model_dir={folder}"]
    outcome = command("train", *quick, "--norefit", *arguments)
    assert outcome.status == 0, outcome.err
    assert "completed: " in outcome.out
    return folder


def predicted(command, folder: Path, given: Path) -> pd.DataFrame:
    """Predictions of the exported best model."""
    model, output = folder / "best.keras", folder / "predicted.csv"
    assert command("export", f"--model_dir={folder}", f"--output={model}").status == 0
    outcome = command("predict", f"--model={model}", f"--input={given}", f"--output={output}")
    assert outcome.status == 0, outcome.err
    return pd.read_csv(output, keep_default_na=False)


def test_several_labels_of_a_table(command, tmp_path, people) -> None:
    folder = searched(
        command,
        tmp_path / "found",
        f"--filename={people}",
        "--label=tall,heavy",
        "--task=multi_label",
        "--types=rich=ignore,age=ignore",
        f"--spec={spec(tmp_path, more='')}",
    )
    rows = json.loads(command("leaderboard", f"--model_dir={folder}", "--format=json").out)
    assert set(rows[0]["metrics"]) == {"auc", "pr_auc", "f1", "accuracy", "exact_match", "loss"}
    assert "tasks" not in rows[0]
    assert rows[0]["objective"] == rows[0]["metrics"]["auc"] > 0.8
    assert "exact_match" in command("show", f"--model_dir={folder}").out
    found = predicted(command, folder, people)
    assert list(found) == ["id", "prediction", "probability_tall", "probability_heavy"]
    tall = np.array(["tall" in names.split("|") for names in found["prediction"]])
    assert (tall == (found["probability_tall"] > 0.5)).all()
    assert np.mean(tall == pd.read_csv(people)["tall"]) > 0.8


@pytest.fixture(scope="module")
def two_tasks(people, tmp_path_factory) -> list[str]:
    """Arguments of a search with two tasks on a table."""
    folder = tmp_path_factory.mktemp("tasks")
    return [f"--filename={people}", f"--spec={spec(folder)}", "--types=tall=ignore,heavy=ignore", "--test_fraction=0.2"]


def test_several_tasks_of_a_table(command, tmp_path, people, two_tasks) -> None:
    folder = searched(command, tmp_path / "found", *two_tasks, "--max_trials=2", "--refit")
    rows = json.loads(command("leaderboard", f"--model_dir={folder}", "--format=json").out)
    assert {name: part["architecture"] for name, part in rows[0]["tasks"].items()} == {
        "age": ["FIXED_OUTPUT_FULLY_CONNECTED_64"],
        "rich": [],
    }
    assert rows[0]["tasks"]["age"]["metrics"]["rmse"] == rows[0]["objective"] == rows[0]["metrics"]["age/rmse"]
    assert rows[0]["tasks"]["rich"]["metrics"]["accuracy"] == rows[0]["metrics"]["rich/accuracy"] > 0.7

    lines = command("leaderboard", f"--model_dir={folder}").out.splitlines()
    assert lines[0].split()[3:6] == ["rmse", "rich/accuracy", "parameters"]
    assert lines[1].split()[4] == f"{rows[0]['metrics']['rich/accuracy']:.4f}"
    assert lines[-2:] == [
        "task age: shared tower > ReLU > FIXED_OUTPUT_FULLY_CONNECTED_64 > value",
        "task rich: shared tower > 2 classes",
    ]
    (line, *_) = csv.DictReader(command("leaderboard", f"--model_dir={folder}", "--format=csv").out.splitlines())
    assert json.loads(line["tasks"]) == rows[0]["tasks"]

    shown = command("show", f"--model_dir={folder}").out
    page = [line.strip() for line in shown.splitlines()]
    assert "age   ReLU > FIXED_OUTPUT_FULLY_CONNECTED_64 > value" in page
    assert "rich  2 classes" in page
    start = page.index("metrics of rich:")
    assert f"accuracy           {rows[0]['metrics']['rich/accuracy']:.6g}" in page[start:]
    assert "test metrics of age:" in page
    assert "rich/" not in shown.partition("curves")[0]

    found = predicted(command, folder, people)
    assert list(found) == ["id", "age_prediction", "rich_prediction", "rich_probability_no", "rich_probability_yes"]
    assert np.mean(found["rich_prediction"] == pd.read_csv(people)["rich"]) > 0.8


def test_several_tasks_of_arrays(command, tmp_path, people) -> None:
    frame = pd.read_csv(people)
    x = frame[["pay", "height"]].to_numpy(np.float32)
    np.savez(tmp_path / "people.npz", x=x, age=frame["age"], rich=frame["rich"].to_numpy(str))
    arguments = ["--dataset=numpy", f"--filename={tmp_path / 'people.npz'}", f"--spec={spec(tmp_path)}"]
    folder = searched(command, tmp_path / "found", *arguments)
    np.savez(tmp_path / "new.npz", x=x)
    found = predicted(command, folder, tmp_path / "new.npz")
    assert np.mean(found["rich_prediction"] == frame["rich"]) > 0.8


def test_several_tasks_of_images_with_a_table(command, tmp_path) -> None:
    (tmp_path / "images").mkdir()
    rows = ["file,rich,age"]
    for number in range(60):
        Image.fromarray(np.full((8, 8, 3), 4 * number, np.uint8)).save(tmp_path / "images" / f"{number}.png")
        rows.append(f"{number}.png,{'yes' if number > 29 else 'no'},{number}")
    (tmp_path / "labels.csv").write_text("\n".join(rows))
    folder = searched(
        command,
        tmp_path / "found",
        "--dataset=image_directory",
        "--image_size=8",
        f"--filename={tmp_path / 'images'}",
        f"--labels_filename={tmp_path / 'labels.csv'}",
        f"--spec={spec(tmp_path, TASKS + PLATES, 'CNN')}",
    )
    found = predicted(command, folder, tmp_path / "images")
    number = found["id"].str.removesuffix(".png").astype(int)
    assert np.mean((found["rich_prediction"] == "yes") == (number > 29)) > 0.8
    assert np.corrcoef(found["age_prediction"], number)[0, 1] > 0.8
