import numpy as np
import pytest
from block_checks import chain, example

import model_search.blocks  # noqa: F401


@pytest.mark.parametrize("size", [5, 7])
def test_parameters(size):
    model = chain(f"CONVNEXT_{size}X{size}", (4, 5, 6))
    assert model.output.shape == (None, 4, 5, 6)
    depthwise, norm, dense = size * size * 6 + 6, 2 * 6, 6 * 24 + 24 + 24 * 6 + 6
    assert model.count_params() == depthwise + norm + dense


def test_without_weights_it_is_the_identity():
    model, plate = chain("CONVNEXT_7X7", (4, 5, 3)), example((4, 5, 3))
    model.set_weights([np.zeros_like(weight) for weight in model.get_weights()])
    np.testing.assert_array_equal(model(plate), plate)


def test_inner_part_by_hand():
    model = chain("CONVNEXT_5X5", (1, 1, 1))
    weights = [np.zeros_like(weight) for weight in model.get_weights()]
    model.set_weights(weights)
    norm, expand, project = (layer for layer in model.layers if layer.name.endswith(("norm", "expand", "project")))
    norm.beta.assign([1.0])  # one channel is normalized to nothing but its offset
    expand.kernel.assign([[1.0, 2.0, -1.0, 0.0]])
    project.kernel.assign([[1.0], [1.0], [1.0], [1.0]])
    gelu = {1.0: 0.841345, 2.0: 1.954500, -1.0: -0.158655}  # x times the normal distribution function
    np.testing.assert_allclose(np.ravel(model(np.full((1, 1, 1, 1), 10.0))), [10.0 + sum(gelu.values())], rtol=1e-5)


def test_depthwise_weights_keep_the_variance():
    model = chain("CONVNEXT_7X7", (2, 2, 200))
    assert np.var(model.get_weights()[0]) == pytest.approx(1 / 49, rel=0.1)


@pytest.mark.parametrize(("shape", "expected"), [((8, 5, 3), (4, 3, 6)), ((1, 1, 2), (1, 1, 4))])
def test_downsample(shape, expected):
    model = chain("CONVNEXT_DOWNSAMPLE", shape)
    assert model.output.shape == (None, *expected)
    channels = shape[-1]
    assert model.count_params() == 2 * channels + 4 * channels * 2 * channels + 2 * channels
