import keras
import numpy as np
import pytest
from block_checks import chain

import model_search.blocks  # noqa: F401


@pytest.mark.parametrize("size", [3, 5, 7])
def test_two_thin_kernels(size):
    model = chain(f"FACTORIZED_CONVOLUTION_{size}X{size}", (4, 5, 6))
    assert model.output.shape == (None, 4, 5, 6)
    assert model.count_params() == 2 * (size * 6 * 6 + 4 * 6)
    kernels = [layer.kernel_size for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    assert kernels == [(1, size), (size, 1)]


@pytest.mark.parametrize("size", [3, 5])
def test_together_they_reach_a_square(size):
    model = chain(f"FACTORIZED_CONVOLUTION_{size}X{size}", (9, 9, 1))
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D):
            layer.kernel.assign(np.ones(layer.kernel.shape))
    plate = np.zeros((1, 9, 9, 1), "float32")
    plate[0, 4, 4, 0] = 1.0
    reached = np.asarray(model(plate))[0, :, :, 0] > 0
    near = slice(4 - size // 2, 5 + size // 2)
    assert reached[near, near].all()
    assert reached.sum() == size * size
