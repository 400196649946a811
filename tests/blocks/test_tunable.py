import keras
import numpy as np
import pytest

import model_search.blocks  # noqa: F401
from model_search.block import blocks
from model_search.network.tower import block_hyperparameters

PLATES = ["TUNABLE_CONVOLUTION", "TUNABLE_SEPARABLE"]


def built(name, shape, **values):
    inputs = keras.Input(shape)
    return keras.Model(inputs, blocks[name].create().build([inputs], values)[-1])


def weights(name, size, channels, filters):
    return size * size * channels * filters if name == PLATES[0] else size * size * channels + channels * filters


@pytest.mark.parametrize("name", PLATES)
@pytest.mark.parametrize(("filters", "size", "stride"), [(16, 3, 1), (96, 5, 2)])
def test_sizes_reach_the_layers(name, filters, size, stride):
    model = built(name, (5, 4, 3), filters=filters, kernel_size=size, stride=stride)
    assert model.output.shape == (None, -(-5 // stride), -(-4 // stride), filters)
    assert model.count_params() == weights(name, size, 3, filters) + 4 * filters
    bare = built(name, (5, 4, 3), filters=filters, kernel_size=size, stride=stride, batch_norm=False)
    assert bare.count_params() == weights(name, size, 3, filters) + filters


def test_dense_sizes():
    assert built("TUNABLE_DENSE", (7,), units=16).count_params() == 7 * 16 + 4 * 16
    assert built("TUNABLE_DENSE", (7,), units=64, batch_norm=False).count_params() == 7 * 64 + 64


@pytest.mark.parametrize(
    ("activation", "expected"),
    [
        ("relu", 0.0),
        ("leaky_relu", -0.02),
        ("elu", np.exp(-2) - 1),
        ("gelu", -0.0455003),
        ("silu", -2 / (1 + np.exp(2))),
    ],
)
def test_activations(activation, expected):
    model = built("TUNABLE_DENSE", (1,), units=16, activation=activation, batch_norm=False)
    model.set_weights([np.ones((1, 16)), np.zeros(16)])
    np.testing.assert_allclose(model(np.array([[-2.0]])), np.full((1, 16), expected), atol=1e-6)


@pytest.mark.parametrize("name", [*PLATES, "TUNABLE_DENSE"])
def test_every_choice_builds_and_the_default_stands_for_what_is_missing(name):
    shape = (3, 2, 2) if name in PLATES else (3,)
    space = blocks[name].create().requires_hparams()
    default = built(name, shape, **space.values)
    assert built(name, shape).count_params() == default.count_params()
    for parameter in space.space:
        assert parameter.default == space.values[parameter.name]
        for value in getattr(parameter, "values", [True, False]):
            assert np.isfinite(built(name, shape, **{parameter.name: value})(np.ones((2, *shape)))).all()


def test_the_values_of_a_trial_build_the_blocks_of_their_places():
    name = "TUNABLE_DENSE"
    values = {f"0_{name}/units": 16, f"1_{name}/units": 32, f"1_{name}/batch_norm": False, "learning_rate": 0.1}
    first = built(name, (3,), **block_hyperparameters(values, 0, name))
    second = built(name, (16,), **block_hyperparameters(values, 1, name))
    assert first.count_params() == 3 * 16 + 4 * 16
    assert second.count_params() == 16 * 32 + 32
