"""A finished search into one small network, by command."""

import json
from pathlib import Path

import numpy as np
import pytest

from model_search.data.signature import from_json
from model_search.model_file import load_model
from model_search.training.evaluation_labels import read_labels, read_logits
from model_search.training.metrics import evaluate

QUICK = ["--spec=small_dnn", "--train_steps=20", "--num_trainers=0", "--label=label"]


@pytest.fixture(scope="module")
def searched(table, tmp_path_factory, run_here):
    """Model directory of a finished search of 2 trials, and the flags of its data."""
    folder = tmp_path_factory.mktemp("search")
    data = [f"--filename={table}", "--label=label", "--test_fraction=0.2", "--seed=3"]
    assert run_here("train", *QUICK, *data, "--max_trials=2", f"--model_dir={folder}") == 0
    return folder, data


def test_a_student_within_the_bound_is_written_and_compared(searched, command, tmp_path) -> None:
    folder, data = searched
    # Without the seed: the search knows it.
    own = [*data[:-1], "--max_parameters=250", "--max_trials=2", "--distillation_type=CROSS_ENTROPY", "--temperature=2"]
    output = tmp_path / "small.keras"
    done = command("distill", f"--model_dir={folder}", "--trial=1", *own, f"--output={output}")
    assert done.status == 0, done.err
    assert "teacher: trial 1, " in done.out
    for row in ("parameters", "evaluation accuracy", "test accuracy"):
        assert row in done.out
    found = json.loads((folder / "distilled" / "1-within-250" / "distilled.json").read_text())
    assert found["student_parameters"] <= 250
    assert load_model(str(output)).count_params() >= found["student_parameters"]
    # The teacher, rebuilt, is what it was evaluated as.
    rows = {row["number"]: row for row in json.loads(leaderboard(command, folder))}
    assert found["teacher"]["evaluation"]["loss"] == pytest.approx(rows[1]["metrics"]["loss"], rel=1e-4)
    students = json.loads(leaderboard(command, Path(folder) / "distilled" / "1-within-250"))
    assert students[0]["number"] == found["trial"]
    assert students[0]["metrics"]["loss"] == pytest.approx(found["student"]["evaluation"]["loss"], rel=1e-4)
    # The same again trains nothing.
    again = command("distill", f"--model_dir={folder}", "--trial=1", *own)
    assert again.out.splitlines()[1:-1] == done.out.splitlines()[1:-1]


def test_the_best_ensemble_teaches(searched, command) -> None:
    folder, data = searched
    own = ["--trial=ensemble", "--ensemble_size=3", "--max_parameters=250", "--max_trials=1", "--train_steps=5"]
    done = command("distill", f"--model_dir={folder}", *data, *own)
    assert done.status == 0, done.err
    (report,) = [path for path in Path(folder).glob("distilled/*/distilled.json") if path.parent.name != "1-within-250"]
    found = json.loads(report.read_text())
    members = [int(number) for number in report.parent.name.removesuffix("-within-250").split("-")]
    logits = np.mean([read_logits(str(folder), n) for n in members], axis=0)
    assert found["teacher_name"].startswith("trial")
    task = from_json(json.loads((folder / "signature.json").read_text())).task
    labels = read_labels(str(folder))
    expected = evaluate(task, logits, labels.labels, labels.weights)
    assert found["teacher"]["evaluation"]["loss"] == pytest.approx(expected["loss"], rel=1e-4)


@pytest.mark.parametrize("method", ["greedy", "stacking"])
def test_the_best_ensemble_predicts_as_it_is_exported(searched, table, command, tmp_path, method) -> None:
    folder, _ = searched
    own = ["--trial=ensemble", "--ensemble_size=3", f"--ensemble_method={method}"]
    exported = command("export", f"--model_dir={folder}", *own, f"--output={tmp_path}/e.keras")
    assert exported.status == 0, exported.err
    given = [f"--input={table}", f"--output={tmp_path}/direct.csv"]
    direct = command("predict", f"--model_dir={folder}", *own, *given)
    assert direct.status == 0, direct.err
    members = exported.out.split(" exported to")[0]
    assert members.startswith("ensemble of trials") and f"note: by the {members}" in direct.err
    command("predict", f"--model={tmp_path}/e.keras", given[0], f"--output={tmp_path}/exported.csv")
    assert (tmp_path / "direct.csv").read_text() == (tmp_path / "exported.csv").read_text() != ""


def leaderboard(command, folder) -> str:
    return command("leaderboard", f"--model_dir={folder}", "--format=json").out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--max_parameters=3"], "--max_parameters=3 is too small: the smallest network of the spec's blocks, "),
        (["--max_parameters=250", "--trial=7"], "there is no trial 7"),
        (["--max_parameters=250", "--trial=worst"], "--trial=worst is neither 'best', 'ensemble' nor the number"),
        (["--max_parameters=250", "--output=small.h5"], "--output=small.h5 is not a file name that ends in .keras"),
        (["--max_parameters=250", "--seed=4"], "the data are not those that --model_dir="),
        ([], "--max_parameters is missing: how many weights the small network may have"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(searched, command, arguments, said) -> None:
    folder, data = searched
    done = command("distill", f"--model_dir={folder}", *data, *arguments)
    assert done.status == 2
    assert done.err.splitlines()[-1].startswith(f"model_search: error: {said}")


def test_a_teacher_without_weights_is_refused(searched, command, tmp_path) -> None:
    folder, data = searched
    weights = Path(folder) / "trials" / "2" / "weights.npz"
    kept = weights.read_bytes()
    weights.unlink()
    try:
        done = command("distill", f"--model_dir={folder}", *data, "--trial=2", "--max_parameters=250")
    finally:
        weights.write_bytes(kept)
    assert done.status == 2
    assert "the teacher cannot be put together from its files: the weights " in done.err
