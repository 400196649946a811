import keras
import numpy as np
import pytest
from block_checks import chain, example

import model_search.blocks  # noqa: F401


def inverted(channels, filters, expansion):
    """Parameters of the three convolutions and their normalizations."""
    inner = expansion * channels
    return (channels * inner + 4 * inner) + (9 * inner + 4 * inner) + (inner * filters + 4 * filters)


@pytest.mark.parametrize("expansion", [3, 6])
def test_parameters_and_shape(expansion):
    model = chain(f"INVERTED_RESIDUAL_3X3_{expansion}", (5, 4, 7))
    assert model.output.shape == (None, 5, 4, 7)
    assert model.count_params() == inverted(7, 7, expansion)


@pytest.mark.parametrize("expansion", [3, 6])
def test_squeeze_and_excite_weighs_the_inner_channels(expansion):
    model = chain(f"INVERTED_RESIDUAL_SQUEEZE_EXCITE_3X3_{expansion}", (5, 4, 8))
    inner, hidden = 8 * expansion, 2 * expansion
    assert model.count_params() == inverted(8, 8, expansion) + 2 * inner * hidden + hidden + inner


@pytest.mark.parametrize("expansion", [3, 6])
def test_downsampling(expansion):
    model = chain(f"DOWNSAMPLE_INVERTED_RESIDUAL_3X3_{expansion}", (5, 4, 7))
    assert model.output.shape == (None, 3, 2, 14)
    assert model.count_params() == inverted(7, 14, expansion)
    assert not [layer for layer in model.layers if isinstance(layer, keras.layers.Add)]


@pytest.mark.parametrize("name", ["INVERTED_RESIDUAL_3X3_6", "INVERTED_RESIDUAL_SQUEEZE_EXCITE_3X3_3"])
def test_without_weights_it_is_the_identity(name):
    model, plate = chain(name, (5, 4, 3)), example((5, 4, 3))
    model.set_weights([np.zeros_like(weight) for weight in model.get_weights()])
    np.testing.assert_array_equal(model(plate), plate)


def test_the_inner_values_end_at_6_and_the_outer_ones_do_not():
    model = chain("INVERTED_RESIDUAL_3X3_3", (1, 1, 1))
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.moving_variance.assign(np.full(layer.moving_variance.shape, 1.0 - layer.epsilon))
    expand, depthwise, project = (layer for layer in model.layers if layer.name.endswith(("nd", "wise", "project")))
    expand.kernel.assign(np.ones((1, 1, 1, 3)))
    depthwise.kernel.assign(np.ones((3, 3, 3, 1)))
    project.kernel.assign(np.array([1.0, 2.0, -10.0]).reshape(1, 1, 3, 1))
    cells = np.array([2.0, 100.0, -3.0]).reshape(3, 1, 1, 1)
    # The three inner channels hold 2, then 6, then 0; times 1 + 2 - 10 = -7.
    np.testing.assert_allclose(np.ravel(model(cells)), [2.0 - 14.0, 100.0 - 42.0, -3.0], rtol=1e-5)
