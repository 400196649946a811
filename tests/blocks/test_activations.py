import keras
import numpy as np
import pytest
from block_checks import chain, example

import model_search.blocks  # noqa: F401

SELU_SCALE, SELU_ALPHA = 1.05070098, 1.67326324
ROW = np.array([-2.0, -0.5, 0.0, 3.0])
AFTER = {
    "LEAKY_RELU": [-0.02, -0.005, 0.0, 3.0],
    "ELU": [np.exp(-2.0) - 1, np.exp(-0.5) - 1, 0.0, 3.0],
    "PRELU": [-0.5, -0.125, 0.0, 3.0],
    "SELU": SELU_SCALE * np.array([SELU_ALPHA * (np.exp(-2.0) - 1), SELU_ALPHA * (np.exp(-0.5) - 1), 0.0, 3.0]),
    "GELU": [-2.0 * 0.0227501, -0.5 * 0.3085375, 0.0, 3.0 * 0.9986501],
}


@pytest.mark.parametrize("kind", AFTER)
def test_dense_by_hand(kind):
    model = chain(f"FULLY_CONNECTED_{kind}", (4,))
    model.layers[1].set_weights([np.eye(4), np.zeros(4)])
    np.testing.assert_allclose(np.asarray(model(ROW[None]))[0], AFTER[kind], atol=1e-6)
    assert model.count_params() == 4 * 4 + 4 + (4 if kind == "PRELU" else 0)


@pytest.mark.parametrize("kind", ["LEAKY_RELU", "ELU", "PRELU"])
def test_convolution_by_hand(kind):
    model = chain(f"CONVOLUTION_3X3_{kind}", (2, 2, 1))
    kernel = np.zeros((3, 3, 1, 1))
    kernel[1, 1] = 1.0
    model.layers[1].set_weights([kernel, np.zeros(1)])
    np.testing.assert_allclose(np.ravel(model(ROW.reshape(1, 2, 2, 1))), AFTER[kind], atol=1e-6)


def test_a_plate_has_one_learned_slope_for_each_channel():
    model = chain("CONVOLUTION_3X3_PRELU", (6, 5, 3))
    assert model.count_params() == 9 * 3 * 3 + 3 + 3


@pytest.mark.parametrize("size", [3, 5])
def test_convolution_with_batch_norm(size):
    model = chain(f"CONVOLUTION_{size}X{size}_BATCHNORM", (8, 8, 3))
    assert model.count_params() == size * size * 3 * 3 + 4 * 3
    output = np.asarray(model(100.0 + 10.0 * example((8, 8, 3), 16), training=True))
    assert output.min() == 0.0
    assert 0.3 < np.mean(output == 0.0) < 0.7


@pytest.mark.parametrize(("name", "units"), [("FULLY", 7), ("FIXED_OUTPUT_FULLY", 128), ("FIXED_OUTPUT_FULLY", 256)])
def test_dense_with_batch_norm(name, units):
    suffix = f"_{units}" if name != "FULLY" else ""
    model = chain(f"{name}_CONNECTED{suffix}_BATCHNORM", (7,))
    assert model.output.shape == (None, units)
    assert model.count_params() == 7 * units + 4 * units
    assert [type(layer).__name__ for layer in model.layers[1:]] == ["Dense", "BatchNormalization", "Activation"]


@pytest.mark.parametrize(("features", "units"), [(1, 2), (130, 100)])
def test_dense_is_as_wide_as_its_input_within_2_and_100(features, units):
    assert chain("FULLY_CONNECTED_ELU", (features,)).output.shape == (None, units)


@pytest.mark.parametrize("units", [128, 256])
def test_selu_keeps_mean_and_variance(units):
    keras.utils.set_random_seed(2)
    model = chain(f"FIXED_OUTPUT_FULLY_CONNECTED_{units}_SELU", (200,), copies=4)
    output = np.asarray(model(example((200,), 400)))
    assert output.mean() == pytest.approx(0.0, abs=0.1)
    assert output.var() == pytest.approx(1.0, abs=0.2)
