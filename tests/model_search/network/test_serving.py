"""The served model: raw input in, probabilities or values out, loadable by plain Keras."""

import keras
import numpy as np

from model_search.data.provider import Task, TaskKind
from model_search.network.serving import serving_model


def doubled(inputs):
    return keras.layers.Rescaling(2.0, dtype="float32")(inputs["x"])


def identity_network() -> keras.Model:
    inputs = keras.Input((2,))
    return keras.Model(inputs, keras.layers.Identity()(inputs))


def test_classification_gives_probabilities() -> None:
    task = Task(TaskKind.CLASSIFICATION, "y", ("a", "b"))
    model = serving_model({"x": keras.Input((2,), name="x")}, doubled, identity_network(), task)
    found = model.predict_on_batch({"x": np.array([[0.0, 0.5]], np.float32)})
    expected = 1 / (1 + np.e)
    np.testing.assert_allclose(found, [[expected, 1 - expected]], rtol=1e-6)


def test_regression_gives_the_labels_unit(tmp_path) -> None:
    task = Task(TaskKind.REGRESSION, "y", target_mean=10.0, target_scale=3.0)
    inputs = keras.Input((1,))
    network = keras.Model(inputs, keras.layers.Identity()(inputs))
    model = serving_model({"x": keras.Input((1,), name="x")}, doubled, network, task)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded.predict_on_batch({"x": np.array([[1.0]], np.float32)}), [[16.0]])
