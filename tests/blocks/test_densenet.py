import numpy as np
import pytest
from block_checks import chain, example

import model_search.blocks  # noqa: F401


@pytest.mark.parametrize("growth", [12, 24])
@pytest.mark.parametrize("depth", [2, 4])
def test_every_layer_sees_all_before_it(growth, depth):
    model = chain(f"DENSENET_BLOCK_{growth}_{depth}", (4, 3, 5))
    assert model.output.shape == (None, 4, 3, 5 + depth * growth)
    widths = [5 + step * growth for step in range(depth)]
    assert model.count_params() == sum(4 * width + 9 * width * growth for width in widths)


def test_the_input_comes_first_and_unchanged():
    plate = example((4, 3, 5))
    output = np.asarray(chain("DENSENET_BLOCK_12_2", (4, 3, 5))(plate))
    np.testing.assert_array_equal(output[..., :5], plate)
    # The new channels are linear: nothing cuts them off.
    assert (output[..., 5:] < 0).any()


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((8, 6, 10), (4, 3, 5)), ((5, 3, 7), (2, 1, 4)), ((1, 7, 6), (1, 3, 3)), ((1, 1, 1), (1, 1, 1))],
)
def test_transition_halves_sides_and_channels(shape, expected):
    model = chain("DENSENET_TRANSITION", shape)
    assert model.output.shape == (None, *expected)
    assert model.count_params() == 4 * shape[-1] + shape[-1] * expected[-1]


def test_transition_takes_means():
    model = chain("DENSENET_TRANSITION", (2, 2, 2))
    norm = next(layer for layer in model.layers if layer.name.endswith("batch_norm"))
    norm.moving_variance.assign(np.full(2, 1.0 - norm.epsilon))
    convolution = next(layer for layer in model.layers if layer.name.endswith("convolution"))
    convolution.kernel.assign(np.array([1.0, -1.0]).reshape(1, 1, 2, 1))
    plate = np.array([[1.0, 1.0], [2.0, -9.0], [-5.0, 3.0], [9.0, 0.0]]).reshape(1, 2, 2, 2)
    # After the ReLU: 1 - 1, 2 - 0, 0 - 3 and 9 - 0.
    np.testing.assert_allclose(np.ravel(model(plate)), [8.0 / 4.0], rtol=1e-5)
