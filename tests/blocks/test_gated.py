import numpy as np
import pytest
from block_checks import chain, example

import model_search.blocks  # noqa: F401


def layer(model, end):
    return next(layer for layer in model.layers if layer.name.endswith(end))


@pytest.mark.parametrize("units", [64, 128, 256])
def test_gated_linear_unit_parameters(units):
    model = chain(f"GATED_LINEAR_UNIT_{units}", (5,))
    assert model.output.shape == (None, units)
    assert model.count_params() == 2 * (5 + 1) * units


def test_gated_linear_unit_by_hand():
    model = chain("GATED_LINEAR_UNIT_64", (2,))
    value, gate = np.zeros((2, 64)), np.zeros((2, 64))
    value[0, :2], gate[1, 1] = [2.0, -3.0], 1.0
    layer(model, "value").set_weights([value, np.zeros(64)])
    layer(model, "gate").set_weights([gate, np.zeros(64)])
    output = np.asarray(model(np.array([[1.0, 4.0]])))[0]
    np.testing.assert_allclose(output[:3], [2.0 * 0.5, -3.0 / (1.0 + np.exp(-4.0)), 0.0], rtol=1e-6)


@pytest.mark.parametrize("units", [64, 128])
@pytest.mark.parametrize("features", [5, 64])
def test_gated_residual_network_parameters(units, features):
    model = chain(f"GATED_RESIDUAL_NETWORK_{units}", (features,))
    assert model.output.shape == (None, units)
    dense = (features + 1) * units + (units + 1) * units
    projection = features * units if features != units else 0
    assert model.count_params() == dense + 2 * (units + 1) * units + projection + 2 * units


def test_a_closed_gate_leaves_the_normalized_input():
    model, vector = chain("GATED_RESIDUAL_NETWORK_64", (64,)), example((64,))
    layer(model, "gate").set_weights([np.zeros((64, 64)), np.full(64, -1e4)])
    expected = (vector - vector.mean(1, keepdims=True)) / np.sqrt(vector.var(1, keepdims=True) + 1e-3)
    np.testing.assert_allclose(model(vector), expected, atol=1e-5)
    layer(model, "gate").bias.assign(np.zeros(64))
    assert not np.allclose(model(vector), expected, atol=1e-2)
