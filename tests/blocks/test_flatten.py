import itertools

import numpy as np
import pytest
from block_checks import chain, example


def test_flatten_keeps_every_value():
    plate = example((3, 5, 2))
    np.testing.assert_array_equal(chain("FLATTEN", (3, 5, 2))(plate), plate.reshape(3, 30))


def test_plate_reduction_is_the_mean_of_each_channel():
    plate = example((3, 5, 2))
    np.testing.assert_allclose(chain("PLATE_REDUCTION_FLATTEN", (3, 5, 2))(plate), plate.mean((1, 2)), atol=1e-6)


@pytest.mark.parametrize(
    ("shape", "convolutions"),
    [((1, 1, 3), 0), ((2, 2, 3), 1), ((3, 5, 1), 3), ((8, 8, 4), 3), ((9, 1, 2), 4), ((32, 32, 3), 5)],
)
def test_downsample_flatten_halves_until_one_cell_is_left(shape, convolutions):
    model = chain("DOWNSAMPLE_FLATTEN", shape)
    assert model.output.shape == (None, shape[-1] * 2**convolutions)
    kernels = [layer.kernel.shape for layer in model.layers if layer.weights]
    channels = [shape[-1] * 2**step for step in range(convolutions + 1)]
    assert kernels == [(3, 3, *pair) for pair in itertools.pairwise(channels)]


def test_downsample_flatten_of_one_cell_is_the_cell():
    plate = example((1, 1, 4))
    np.testing.assert_array_equal(chain("DOWNSAMPLE_FLATTEN", (1, 1, 4))(plate), plate.reshape(3, 4))
