import numpy as np
import pytest
from block_checks import chain, example

import model_search.blocks  # noqa: F401


def zeroed(model):
    model.set_weights([np.zeros_like(weight) for weight in model.get_weights()])
    return model


@pytest.mark.parametrize(
    ("name", "channels", "hidden"),
    [("SQUEEZE_EXCITE_4", 3, 4), ("SQUEEZE_EXCITE_4", 40, 10), ("SQUEEZE_EXCITE_16", 160, 10)],
)
def test_two_dense_layers(name, channels, hidden):
    model = chain(name, (2, 3, channels))
    assert model.output.shape == (None, 2, 3, channels)
    assert model.count_params() == channels * hidden + hidden + hidden * channels + channels


def test_without_weights_every_channel_is_halved():
    plate = example((3, 2, 5))
    np.testing.assert_allclose(zeroed(chain("SQUEEZE_EXCITE_4", (3, 2, 5)))(plate), plate / 2, rtol=1e-6)


def test_a_channel_is_scaled_by_the_mean_of_all():
    model = chain("SQUEEZE_EXCITE_4", (1, 2, 2))
    reduce, expand = np.zeros((2, 4)), np.zeros((4, 2))
    reduce[1, 0], expand[0, 0] = 1.0, 1.0  # the first channel's factor is the sigmoid of the second one's mean
    model.set_weights([reduce, np.zeros(4), expand, np.zeros(2)])
    plate = np.array([[8.0, 1.0], [4.0, 3.0]]).reshape(1, 1, 2, 2)
    sigmoid = 1 / (1 + np.exp(-2.0))
    expected = [[8 * sigmoid, 0.5], [4 * sigmoid, 1.5]]
    np.testing.assert_allclose(np.asarray(model(plate))[0, 0], expected, rtol=1e-5)


@pytest.mark.parametrize(("name", "hidden"), [("GLOBAL_CONTEXT_4", 8), ("GLOBAL_CONTEXT_16", 4)])
def test_global_context_parameters(name, hidden):
    model = chain(name, (3, 2, 32))
    dense = 32 * hidden + hidden + hidden * 32 + 32
    assert model.count_params() == 32 + dense + 2 * hidden


def test_global_context_of_a_single_cell_needs_no_attention():
    assert chain("GLOBAL_CONTEXT_4", (1, 1, 8)).count_params() == 8 * 4 + 4 + 4 * 8 + 8 + 2 * 4


def test_global_context_without_weights_is_the_identity():
    plate = example((3, 2, 5))
    np.testing.assert_array_equal(zeroed(chain("GLOBAL_CONTEXT_4", (3, 2, 5)))(plate), plate)


def test_global_context_adds_one_vector_that_attention_picks():
    model = chain("GLOBAL_CONTEXT_4", (1, 3, 2))
    scores = next(layer for layer in model.layers if layer.name.endswith("scores"))
    scores.kernel.assign([[100.0], [0.0]])
    plate = np.array([[[[0.0, 5.0], [1.0, -2.0], [0.5, 7.0]]]])
    change = np.asarray(model(plate)) - plate
    np.testing.assert_allclose(change - change[:, :, :1], 0.0, atol=1e-5)
    # All weight lies on the cell of the highest score: what the others hold beside it does not matter.
    other = plate.copy()
    other[0, 0, [0, 2], 1] = [-40.0, 30.0]
    np.testing.assert_allclose(np.asarray(model(other)) - other, change, atol=1e-4)
    other[0, 0, 1, 1] = 30.0
    assert not np.allclose(np.asarray(model(other)) - other, change, atol=1e-2)
