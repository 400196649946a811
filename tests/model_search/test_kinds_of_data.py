"""Searches on every kind of label and input, from raw data to predictions of the exported model."""

import csv
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from model_search.api import search
from model_search.data.provider import DataOptions, providers
from model_search.errors import UsageError
from model_search.plugins import load_plugins
from model_search.prediction import open_predictor
from model_search.spec import complete, parse_spec
from model_search.spec.data_options import with_spec
from model_search.training.metrics import metric_names

DNN = """
problem_type: DNN minimum_depth: 1 maximum_depth: 2
blocks_to_use: "FIXED_OUTPUT_FULLY_CONNECTED_64" blocks_to_use: "FULLY_CONNECTED_RESIDUAL_PROJECT"
learning_spec { min_learning_rate: 3e-3 max_learning_rate: 1e-2 optimizers: "adam" }
"""
LAST = """
problem_type: RNN_LAST_ACTIVATIONS minimum_depth: 1 maximum_depth: 2
blocks_to_use: "CONV1D_128_3" blocks_to_use: "SEQUENCE_MEAN_POOLING" blocks_to_use: "FULLY_CONNECTED"
learning_spec { min_learning_rate: 3e-3 max_learning_rate: 1e-2 optimizers: "adam" }
"""
ALL = """
problem_type: RNN_ALL_ACTIVATIONS minimum_depth: 1 maximum_depth: 2 embedding_size: 16
blocks_to_use: "RECURRENT_DENSE_64" blocks_to_use: "TEMPORAL_CONVOLUTION_64_1"
learning_spec { min_learning_rate: 3e-3 max_learning_rate: 1e-2 optimizers: "adam" }
"""


def run(folder: Path, data, spec: str, **options):
    chosen = {"max_trials": 2, "train_steps": 100, "batch_size": 16, **options}
    handle = search(data, parse_spec(spec, "test"), model_dir=str(folder / "study"), **chosen)
    best = handle.best_trial()
    assert best.error == ""
    return handle, best.result.metrics


def predicted(handle, folder: Path, filename: Path) -> list[dict[str, str]]:
    path = handle.export(str(folder / "best.keras"))
    predictor = open_predictor(path)
    buffer = io.StringIO()
    csv.writer(buffer).writerows([predictor.columns, *predictor.rows(str(filename))])
    return list(csv.DictReader(io.StringIO(buffer.getvalue())))


@pytest.fixture(scope="module", autouse=True)
def plugins() -> None:
    load_plugins()


@pytest.fixture(scope="module")
def people(tmp_path_factory) -> Path:
    """150 rows; `rich` is a class and depends on pay, `tall` on height, `age` is a number; some labels are missing."""
    rng = np.random.default_rng(0)
    pay, height = rng.normal(size=(2, 150))
    frame = pd.DataFrame({"pay": pay, "height": height})
    frame["rich"] = np.where(pay > 0, "yes", "no")
    frame["tall"] = (height > 0).astype(int)
    frame["heavy"] = (height + pay > 0).astype(int)
    frame["age"] = (40 + 10 * pay).round(2)
    frame.loc[:9, "rich"] = ""
    path = tmp_path_factory.mktemp("people") / "people.csv"
    frame.to_csv(path, index=False)
    return path


def test_several_labels(people, tmp_path):
    options = DataOptions(
        filename=str(people), label="tall,heavy", task="multi_label", types={"rich": "ignore", "age": "ignore"}
    )
    handle, metrics = run(tmp_path, providers["csv"](options), DNN)
    assert set(metrics) == {"auc", "pr_auc", "f1", "accuracy", "exact_match", "loss"}
    assert metrics["auc"] > 0.9
    assert handle.study.config.objective.metric == "auc"
    rows = predicted(handle, tmp_path, people)
    assert set(rows[0]) == {"id", "prediction", "probability_tall", "probability_heavy"}
    truth = pd.read_csv(people)
    named = [set(row["prediction"].split("|")) - {""} for row in rows]
    assert np.mean([("tall" in names) == bool(t) for names, t in zip(named, truth["tall"], strict=True)]) > 0.85
    assert all(
        (float(row["probability_heavy"]) > 0.5) == ("heavy" in names) for row, names in zip(rows, named, strict=True)
    )


TASKS = """
multi_task_spec { label_name: "rich" number_of_classes: 2 }
multi_task_spec { label_name: "age" number_of_classes: 1 architecture: "FIXED_OUTPUT_FULLY_CONNECTED_64" }
primary_task_name: "age"
"""


@pytest.mark.parametrize("merge", ["true", "false"])
def test_several_tasks(people, tmp_path, merge):
    types = {"tall": "ignore", "heavy": "ignore"}
    spec = f"{DNN}{TASKS} merge_losses_of_multitask: {merge}"
    options = with_spec(
        DataOptions(filename=str(people), types=types, test_fraction=0.2), complete(parse_spec(spec, "x"))
    )
    provider = providers["csv"](options)
    assert [part.target for part in provider.task.tasks] == ["age", "rich"]
    _, labels, weights = next(iter(provider.train()))
    assert set(labels) == set(weights) == {"age", "rich"}
    assert np.asarray(weights["rich"]).min() == 0
    assert np.asarray(weights["age"]).min() == 1
    handle, metrics = run(tmp_path, provider, spec, train_steps=200)
    assert set(metrics) == set(metric_names(provider.task))
    assert handle.study.config.objective.metric == "rmse"
    assert metrics["rmse"] == metrics["age/rmse"] < 5
    assert metrics["rich/accuracy"] > 0.85
    assert metrics["loss"] == pytest.approx(metrics["age/loss"] + metrics["rich/loss"])
    rows = predicted(handle, tmp_path, people)
    assert set(rows[0]) == {"id", "age_prediction", "rich_prediction", "rich_probability_no", "rich_probability_yes"}
    truth = pd.read_csv(people)
    assert np.mean(np.abs([float(row["age_prediction"]) for row in rows] - truth["age"])) < 5
    assert (tmp_path / "study" / "trials" / "1" / "evaluation_logits.npz").exists()
    assert (tmp_path / "study" / "test_metrics.json").exists()


def test_sequences_with_lengths_and_one_label(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(120, 6, 2)).astype(np.float32)
    lengths = rng.integers(1, 7, 120)
    valid = np.arange(6) < lengths[:, None]
    y = (x[..., 0] * valid).sum(axis=1) > 0
    x[~valid] = 50.0
    handle, metrics = run(tmp_path, ({"x": x, "lengths": lengths}, y.astype(int)), LAST, train_steps=150)
    assert metrics["accuracy"] > 0.7
    model = handle.best_model()
    changed = np.where(valid[..., None], x, -7.0).astype(np.float32)
    outputs = [
        np.asarray(model.predict({"x": given, "lengths": lengths[:, None].astype("int32")}, verbose=0))
        for given in (x, changed)
    ]
    np.testing.assert_allclose(*outputs, atol=1e-5)


def test_next_characters_of_a_text(tmp_path):
    text = tmp_path / "t.txt"
    text.write_text("abcd " * 400)
    options = DataOptions(
        filename=str(text), tokens="character", sequence_length=10, problem_type="RNN_ALL_ACTIVATIONS"
    )
    provider = providers["text_lines"](options)
    assert provider.task.is_per_step
    handle, metrics = run(tmp_path, provider, ALL, train_steps=100)
    assert set(metrics) >= {"accuracy", "perplexity", "loss"}
    assert metrics["perplexity"] == pytest.approx(np.exp(metrics["loss"]), rel=1e-6)
    assert metrics["perplexity"] < 1.5
    lines = tmp_path / "lines.txt"
    lines.write_text("abcd ab\n")
    (row,) = predicted(handle, tmp_path, lines)
    assert set(row) == {"id", "prediction"}
    # Seven characters, each with the one after it.
    assert row["prediction"].replace("  ", " _").split(" ")[:4] == ["b", "c", "d", "_"]


def test_blocks_that_see_the_answer_are_refused(tmp_path):
    (tmp_path / "t.txt").write_text("abcd " * 400)
    options = DataOptions(filename=str(tmp_path / "t.txt"), tokens="character", problem_type="RNN_ALL_ACTIVATIONS")
    with pytest.raises(
        UsageError,
        match=r"block 'CONV1D_128_3' may look at later steps.* bundled spec text_all has causal blocks only$",
    ):
        run(tmp_path, providers["text_lines"](options), ALL.replace("TEMPORAL_CONVOLUTION_64_1", "CONV1D_128_3"))


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (LAST, "needs sequences, the data gives examples of shape"),
        (ALL, "needs sequences, the data gives examples of shape"),
        (DNN.replace("DNN", "CNN").replace('"FULLY_CONNECTED_RESIDUAL_PROJECT"', '"CONVOLUTION_3X3"'), "needs images"),
    ],
)
def test_networks_that_cannot_take_the_data(tmp_path, spec, message, people):
    provider = providers["csv"](DataOptions(filename=str(people), label="rich"))
    with pytest.raises(UsageError, match=message):
        run(tmp_path, provider, spec)


def test_several_labels_of_images(tmp_path):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, (80, 6, 6, 1), dtype=np.uint8)
    labels = np.stack([images[:, :3].mean(axis=(1, 2, 3)) > 127, rng.random(80) > 0.5], axis=1).astype(int)
    spec = DNN.replace("problem_type: DNN", "problem_type: CNN").replace(
        'blocks_to_use: "FULLY_CONNECTED_RESIDUAL_PROJECT"', 'blocks_to_use: "CONVOLUTION_3X3" blocks_to_use: "FLATTEN"'
    )
    handle, metrics = run(tmp_path, (images, labels), spec, train_steps=20, task="multi_label")
    assert "exact_match" in metrics
    outputs = np.asarray(handle.best_model().predict({"image": images}, verbose=0))
    assert outputs.shape == (80, 2)
    assert ((outputs > 0) & (outputs < 1)).all()


def test_tasks_from_a_dict_of_labels(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(120, 3)).astype(np.float32)
    labels = {"rich": np.where(x[:, 0] > 0, "yes", "no"), "age": 40 + 10 * x[:, 1], "w": np.ones(120)}
    tasks = TASKS.replace(
        "number_of_classes: 2", 'number_of_classes: 2 weight_feature_name: "w" weight_is_a_feature: false'
    )
    handle, metrics = run(tmp_path, (x, labels), DNN + tasks, train_steps=150)
    assert metrics["rich/accuracy"] > 0.8
    outputs = handle.best_model().predict({"features": x}, verbose=0)
    assert {name: np.asarray(value).shape for name, value in outputs.items()} == {"age": (120, 1), "rich": (120, 2)}
    with pytest.raises(UsageError, match="the features have no weights 'w', which the spec names"):
        run(tmp_path / "b", (x, labels), DNN + tasks.replace("false", "true"))


def test_a_label_for_each_step(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(100, 5, 2)).astype(np.float32)
    lengths = rng.integers(1, 6, 100)
    y = np.where(x[..., 0] > 0, "up", "down").astype(object)
    y[np.arange(5) >= lengths[:, None]] = "padding"
    handle, metrics = run(tmp_path, ({"x": x, "lengths": lengths}, y), ALL, train_steps=150)
    assert handle.study.config.objective.metric == "accuracy"
    assert metrics["accuracy"] > 0.9
    outputs = np.asarray(handle.best_model().predict({"x": x, "lengths": lengths[:, None].astype("int32")}, verbose=0))
    assert outputs.shape == (100, 5, 2)
    np.testing.assert_allclose(outputs.sum(axis=-1), np.arange(5) < lengths[:, None], rtol=1e-5)


def test_blocks_with_hyperparameters_of_their_own(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 3)).astype(np.float32)
    spec = 'problem_type: DNN minimum_depth: 2 blocks_to_use: "TUNABLE_DENSE" blocks_to_use: "FULLY_CONNECTED"'
    handle, _ = run(tmp_path, (x, (x[:, 0] > 0).astype(int)), spec, train_steps=5, max_trials=4)
    named = [
        {name for name in trial.suggestion.hyperparameters if "/" in name}
        == {
            f"{place}_TUNABLE_DENSE/{name}"
            for place, block in enumerate(trial.architecture)
            if block == "TUNABLE_DENSE"
            for name in ("units", "activation", "batch_norm")
        }
        for trial in handle.trials()
    ]
    assert any("TUNABLE_DENSE" in trial.architecture for trial in handle.trials())
    assert all(named)


@pytest.mark.parametrize(
    ("label", "message"),
    [("heavy", "label 'heavy' is no label of multi_task_spec"), ("age", "is not all that multi_task_spec names")],
)
def test_a_label_beside_the_tasks(people, label, message):
    options = with_spec(DataOptions(filename=str(people), label=label), complete(parse_spec(DNN + TASKS, "x")))
    with pytest.raises(UsageError, match=message):
        providers["csv"](options)
