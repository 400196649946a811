import json

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from model_search.data import builtin
from model_search.data.arrays.arrays import provider_from
from model_search.data.pipeline import Pipeline
from model_search.data.prediction_input import read_features
from model_search.data.provider import DataOptions, TaskKind, TaskOptions, providers
from model_search.data.signature import from_json, to_json
from model_search.errors import UsageError

assert builtin
RNG = np.random.default_rng(0)
X = RNG.normal(size=(100, 3)).astype(np.float32) * [1, 10, 100]
Y = np.arange(100) % 2
IMAGES = RNG.integers(0, 256, (50, 4, 5, 3), dtype=np.uint8)


def test_vectors_are_one_standardised_input():
    made = provider_from((X, Y), options=DataOptions(validation_fraction=0.5))
    assert {name: (f.dtype, f.shape) for name, f in made.signature().items()} == {"features": ("float32", (3,))}
    x = Pipeline(made, 10).train_arrays().x[:, :3]
    assert x.mean(axis=0) == pytest.approx(np.zeros(3), abs=1e-5)
    assert x.std(axis=0) == pytest.approx(np.ones(3), abs=1e-4)


def test_images_are_rescaled_or_standardised():
    labels = np.arange(50) % 5
    bytes_ = Pipeline(provider_from((IMAGES, labels)), 10)
    assert bytes_.provider.signature()["image"].dtype == "uint8"
    assert bytes_.train_arrays().x.shape[1:] == (4, 5, 3)
    assert -1 <= bytes_.train_arrays().x.min() < -0.9 < 0.9 < bytes_.train_arrays().x.max() <= 1
    floats = Pipeline(provider_from((IMAGES / 7.0, labels)), 10).train_arrays().x
    assert floats.mean(axis=(0, 1, 2)) == pytest.approx(np.zeros(3), abs=1e-4)
    assert floats.std(axis=(0, 1, 2)) == pytest.approx(np.ones(3), abs=1e-3)


def test_frames_keep_names_and_types():
    frame = pd.DataFrame({"n": X[:, 0], "c": pd.Categorical(["u", "v"] * 50), "target": np.where(Y, "yes", "no")})
    made = provider_from(frame, label="target")
    assert list(made.signature()) == ["n", "c"]
    assert made.task.classes == ("no", "yes")
    same = provider_from((frame[["n", "c"]], frame["target"]))
    assert list(same.signature()) == ["n", "c"]


def test_given_validation_and_test_data_are_used_whole_and_weights_count():
    made = provider_from((X, Y, np.full(100, 2.0)), validation_data=(X[:7], Y[:7]), test_data=(X[:5], Y[:5]))
    facts = made.describe()
    assert (facts.train_examples, facts.evaluation_examples, facts.test_examples) == (100, 7, 5)
    pipeline = Pipeline(made, 10)
    assert pipeline.train_arrays().w.tolist() == [1.0] * 100
    assert sum(len(y) for _, y, _ in made.test()) == 5


@pytest.mark.parametrize("batched", [True, False])
def test_datasets_of_dicts(batched):
    columns = {"a": X[:, 0], "b": np.array(["u", "v"] * 50)}
    dataset = tf.data.Dataset.from_tensor_slices((columns, Y))
    made = provider_from(dataset.batch(16) if batched else dataset)
    assert {name: f.dtype for name, f in made.signature().items()} == {"a": "float32", "b": "string"}
    assert made.describe().train_examples == 80
    with pytest.raises(UsageError, match="has no end"):
        provider_from(dataset.repeat())


def test_a_provider_passes_through():
    made = provider_from((X, Y))
    assert provider_from(made) is made


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ((X, Y[:9]), r"labels have shape \(9,\), features have 100"),
        ((X, np.where(Y, np.nan, 1.0)), r"labels\[1\] is missing \(50 are\)"),
        ((X[:0], Y[:0]), "features are empty"),
        ((X.astype(object), Y), "features have dtype object"),
        ((X[0], Y), r"shape \(3,\); expected rank 2, 3 or 4"),
        ((X, Y, np.ones(3)), "weights have shape"),
        (({"a": X[:, 0], "b": X[:5, 0]}, Y), "features differ in length"),
        (({"a": X, "b": np.zeros((100, 0))}, Y), r"feature 'b' has shape \(100, 0\)"),
        (({"a": X, "b": [["u", "v"]] * 100}, Y), "input 'b' has dtype <U1; only one word"),
        ((X, np.zeros(100)), "one class, '0'"),
        (3, "data is a int; expected"),
        ((IMAGES / np.nan, np.arange(50)), "not finite"),
    ],
)
def test_unusable_data_are_one_line(data, message):
    with pytest.raises(UsageError, match=message) as error:
        provider_from(data)
    assert "\n" not in str(error.value)


def test_validation_data_must_match():
    with pytest.raises(UsageError, match="has no column '2'"):
        provider_from((X, Y), validation_data=(X[:, :2], Y))
    with pytest.raises(UsageError, match="validation_data: input 'image' is uint8"):
        provider_from((IMAGES / 1.0, np.arange(50) % 2), validation_data=(IMAGES, np.arange(50) % 2))


@pytest.mark.parametrize(
    ("name", "inputs", "width", "classes"),
    [("digits", 1, (64,), 10), ("digits_images", 1, (8, 8, 1), 10), ("breast_cancer", 30, None, 2)],
)
def test_bundled_data(name, inputs, width, classes):
    made = providers[name](DataOptions(test_fraction=0.2))
    assert len(made.signature()) == inputs
    assert len(made.task.classes) == classes
    assert width is None or Pipeline(made, 8).train_arrays().x.shape[1:] == width


def test_prediction_input_from_archives_and_rows(tmp_path):
    made = provider_from((X, Y))
    signature = from_json(json.loads(json.dumps(to_json(made))))
    np.savez(tmp_path / "one.npz", X[:4])
    ((ids, features),) = read_features(str(tmp_path / "one.npz"), signature)
    assert ids == ["0", "1", "2", "3"]
    assert np.array_equal(features["features"], X[:4].astype(np.float32))
    (tmp_path / "rows.csv").write_text("1,2,3\n4,?,6\n")
    ((_, rows),) = read_features(str(tmp_path / "rows.csv"), signature)
    np.testing.assert_array_equal(rows["features"], [[1, 2, 3], [4, np.nan, 6]])
    np.savez(tmp_path / "bad.npz", X[:4, :2])
    with pytest.raises(UsageError, match=r"has shape \(4, 2\); expected \(rows, 3\)"):
        read_features(str(tmp_path / "bad.npz"), signature)
    (tmp_path / "not.npz").write_text("x")
    with pytest.raises(UsageError, match=r"is not an \.npz file"):
        read_features(str(tmp_path / "not.npz"), signature)
    assert made.task.kind is TaskKind.CLASSIFICATION


def test_labels_by_name_beside_images():
    images = np.arange(40 * 4 * 4, dtype=np.float32).reshape(40, 4, 4, 1)
    tall, age = np.arange(40) % 2, np.arange(40.0)
    tasks = DataOptions(problem_type="CNN", tasks=(TaskOptions("tall", 2), TaskOptions("age", 1)))
    made = provider_from((images, {"tall": tall, "age": age}), options=tasks)
    x, labels, _ = next(iter(made.train()))
    assert np.array_equal(labels["age"] * 16, x["image"][:, 0, 0, 0])
    assert np.array_equal(labels["tall"], labels["age"] % 2)
    other = provider_from((images, {"tall": tall, "age": age + 1}), options=tasks)
    assert made.identity() != other.identity()
    several = {"tall": tall, "short": 1 - tall}
    made = provider_from((images, several), options=DataOptions(problem_type="CNN", task="multi_label"))
    assert made.task.classes == ("tall", "short")
    with pytest.raises(UsageError, match="labels are a dict; give task multi_label, or a spec with multi_task_spec"):
        provider_from((images, several), options=DataOptions(problem_type="CNN"))


@pytest.mark.parametrize(
    ("shape", "problem"), [((20, 3), ""), ((20, 5, 3), "RNN_LAST_ACTIVATIONS"), ((20, 4, 4, 1), "CNN")]
)
def test_features_without_any_value_are_refused_by_name(shape, problem):
    labels, options = np.arange(20) % 2, DataOptions(problem_type=problem)
    nothing = np.full(shape, np.nan, np.float32)
    with pytest.raises(UsageError, match="data: input 'features' has no value: all"):
        provider_from((nothing, labels), options=options)
    with pytest.raises(UsageError, match="input 'empty' has no value: all"):
        provider_from(({"empty": nothing, "number": np.arange(20.0)}, labels), options=options)
    some = nothing.copy()
    some[3] = 1.0
    if problem != "CNN":
        assert provider_from((some, labels), options=options).describe().train_examples
