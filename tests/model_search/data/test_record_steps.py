"""Labels of the steps of records' sequences."""

import csv
import io
import json

import numpy as np
import pytest
import tensorflow as tf

from model_search.api import search
from model_search.data.prediction_input import read_features
from model_search.data.provider import DataOptions, TaskKind, providers
from model_search.data.signature import from_json, to_json
from model_search.errors import UsageError
from model_search.plugins import load_plugins
from model_search.prediction import open_predictor
from model_search.spec import parse_spec

SCHEMA = {"x": "float32[?,2]", "label": "int64[?]"}
ALL = """
problem_type: RNN_ALL_ACTIVATIONS minimum_depth: 1 maximum_depth: 1 blocks_to_use: "TEMPORAL_CONVOLUTION_64_1"
learning_spec { min_learning_rate: 1e-2 max_learning_rate: 3e-2 optimizers: "adam" }
"""


@pytest.fixture(scope="module", autouse=True)
def plugins() -> None:
    load_plugins()


def write(path, rows):
    with tf.io.TFRecordWriter(str(path)) as writer:
        for row in rows:
            features = {name: feature(np.ravel(values)) for name, values in row.items()}
            writer.write(tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString())
    return path


def feature(values):
    if values.dtype.kind == "f":
        return tf.train.Feature(float_list=tf.train.FloatList(value=values))
    return tf.train.Feature(int64_list=tf.train.Int64List(value=values))


def signs(count=60):
    """Sequences of 1 to 4 steps; the label of a step is 7 where its first number is above 0, else 3."""
    rng = np.random.default_rng(1)
    rows = []
    for number in range(count):
        x = np.where(rng.random((1 + number % 4, 2)) < 0.5, -1.0, 1.0) * rng.uniform(0.5, 1.5)
        rows.append({"x": x, "label": np.where(x[:, 0] > 0, 7, 3)})
    return rows


def make(path, **options):
    chosen = {"problem_type": "RNN_ALL_ACTIVATIONS", "schema": SCHEMA, **options}
    return providers["tfrecord"](DataOptions(filename=str(path), **chosen))


def parts(made):
    """All examples of training, evaluation and test: sequences, lengths, labels and weights."""
    batches = [batch for part in (made.train(), made.evaluation(), made.test()) if part for batch in part]
    columns = [(x["x"], x["lengths"], y, w) for x, y, w in batches]
    return tuple(np.concatenate([np.asarray(a) for a in arrays]) for arrays in zip(*columns, strict=True))


def test_steps_are_labelled_and_padded(tmp_path):
    made = make(write(tmp_path / "s.tfrecord", signs()), test_fraction=0.2)
    assert (made.task.kind, made.task.classes, made.task.is_per_step) == (TaskKind.CLASSIFICATION, ("3", "7"), True)
    x, lengths, labels, weights = parts(made)
    assert labels.shape == (60, 4)
    assert weights.tolist() == [1.0] * 60
    assert sorted(lengths.ravel().tolist()) == sorted(1 + i % 4 for i in range(60))
    valid = np.arange(4) < lengths
    assert np.array_equal(labels, np.where(valid & (x[..., 0] > 0), 1, 0))
    short = make(tmp_path / "s.tfrecord", sequence_length=2)
    x, lengths, labels, _ = parts(short)
    assert labels.shape == (60, 2)
    assert np.array_equal(labels, np.where((np.arange(2) < lengths) & (x[..., 0] > 0), 1, 0))


def test_lengths_beside_sequences_that_vary_must_be_theirs(tmp_path):
    rows = [row | {"lengths": [len(row["label"])]} for row in signs()]
    options = {"schema": SCHEMA | {"lengths": "int64"}, "lengths": "lengths", "label": "label"}
    made = make(write(tmp_path / "s.tfrecord", rows), **options)
    assert set(made.signature()) == {"x", "lengths"}
    assert set(made.layout.schema) == {"x"}
    assert sorted(parts(made)[1].ravel().tolist()) == sorted(row["lengths"][0] for row in rows)
    write(tmp_path / "s.tfrecord", [*rows, rows[2] | {"lengths": [2]}])
    with pytest.raises(UsageError, match=r"record 61: length 2, but its sequences have 3 steps"):
        make(tmp_path / "s.tfrecord", **options)


def test_fixed_steps_count_up_to_their_length(tmp_path):
    """The label behind the length is 9, which is no class then."""
    rows = [
        {"x": np.ones((3, 2)), "n": [1 + i % 3], "label": np.where(np.arange(3) <= i % 3, [i % 2, 1, 0], 9)}
        for i in range(40)
    ]
    options = {"schema": {"x": "float32[3,2]", "label": "int64[3]"}, "lengths": "n"}
    made = make(write(tmp_path / "s.tfrecord", rows), **options)
    assert made.task.classes == ("0", "1")
    _, lengths, labels, _ = parts(made)
    assert set(lengths.ravel().tolist()) == {1, 2, 3}
    assert (labels[:, 1] == (lengths.ravel() > 1)).all()
    tokens = [{"x": [5, 6 * (i % 2), 0], "label": [i % 2, 1 + i % 2, 8]} for i in range(40)]
    ids = {"schema": {"x": "int64[3]", "label": "int64[3]"}}
    assert make(write(tmp_path / "t.tfrecord", tokens), **ids).task.classes == ("0", "1", "2")


@pytest.mark.parametrize(
    ("change", "schema", "message"),
    [
        ({"label": [3] * 4}, SCHEMA, r"record 61: features differ in steps: \{'x': 3, 'label': 4\}"),
        ({"label": [3] * 2}, SCHEMA, r"record 61: features differ in steps: \{'x': 3, 'label': 2\}"),
        ({}, SCHEMA | {"label": "int64[4]"}, r"label 'label' is int64\[4\], but 'x' varies"),
        ({}, SCHEMA | {"x": "float32[2]"}, r"label 'label' is int64\[\?\], but no feature beside it varies"),
        ({}, SCHEMA | {"label": "int64[?,2]"}, r"'label' is int64\[\?,2\]; expected one number a step"),
    ],
)
def test_labels_of_other_steps(tmp_path, change, schema, message):
    rows = signs()
    write(tmp_path / "s.tfrecord", [*rows, rows[2] | change])
    with pytest.raises(UsageError, match=message) as error:
        make(tmp_path / "s.tfrecord", schema=schema)
    assert "\n" not in str(error.value)


def test_fixed_labels_of_other_steps(tmp_path):
    rows = [{"x": np.ones((3, 2)), "label": [i % 2] * 2} for i in range(40)]
    with pytest.raises(UsageError, match=r"input 'x' has 3 steps, the labels 'label' 2"):
        make(write(tmp_path / "s.tfrecord", rows), schema={"x": "float32[3,2]", "label": "int64[2]"})


def test_a_search_by_labels_of_steps(tmp_path):
    made = make(write(tmp_path / "s.tfrecord", signs(200)))
    spec = parse_spec(ALL, "test")
    handle = search(made, spec, model_dir=str(tmp_path / "study"), max_trials=1, train_steps=100, batch_size=16)
    best = handle.best_trial()
    assert best.error == ""
    assert best.result.metrics["accuracy"] > 0.95
    predictor = open_predictor(handle.export(str(tmp_path / "best.keras")))
    signature = from_json(json.loads(json.dumps(to_json(made))))
    rows = [{"x": np.array([[1.0, 1.0], [-1.0, 1.0], [1.0, -1.0]])}, {"x": np.array([[-1.0, -1.0]])}]
    unlabelled = write(tmp_path / "p.tfrecord", rows)
    assert next(iter(read_features(str(unlabelled), signature)))[1]["lengths"].ravel().tolist() == [3, 1]
    buffer = io.StringIO()
    csv.writer(buffer).writerows([predictor.columns, *predictor.rows(str(unlabelled))])
    found = list(csv.DictReader(io.StringIO(buffer.getvalue())))
    assert [row["prediction"] for row in found] == ["7 3 7", "3"]
