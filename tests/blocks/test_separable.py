import numpy as np
import pytest
from block_checks import chain, example

import model_search.blocks  # noqa: F401


@pytest.mark.parametrize("size", [3, 5])
def test_separable_keeps_the_plate(size):
    model = chain(f"SEPARABLE_CONVOLUTION_{size}X{size}", (5, 4, 6))
    assert model.output.shape == (None, 5, 4, 6)
    assert model.count_params() == size * size * 6 + 6 * 6 + 4 * 6


@pytest.mark.parametrize("size", [3, 5])
def test_downsampling_halves_and_doubles(size):
    model = chain(f"DOWNSAMPLE_SEPARABLE_CONVOLUTION_{size}X{size}", (5, 4, 6))
    assert model.output.shape == (None, 3, 2, 12)
    assert model.count_params() == size * size * 6 + 6 * 12 + 4 * 12


def test_channels_meet_in_the_second_kernel_only():
    model = chain("SEPARABLE_CONVOLUTION_3X3", (1, 3, 2))
    depthwise = np.zeros((3, 3, 2, 1))
    depthwise[1, :, 0, 0], depthwise[1, :, 1, 0] = [1.0, 1.0, 1.0], [0.0, 1.0, 0.0]
    pointwise = np.array([[1.0, 0.0], [10.0, -1.0]]).reshape(1, 1, 2, 2)
    variance = np.full(2, 1.0 - 1e-3)  # with Keras' epsilon, normalization divides by 1
    model.set_weights([depthwise, pointwise, np.ones(2), np.zeros(2), np.zeros(2), variance])
    row = np.array([[1.0, 5.0], [2.0, 6.0], [3.0, 7.0]]).reshape(1, 1, 3, 2)
    expected = [[3.0 + 50.0, 0.0], [6.0 + 60.0, 0.0], [5.0 + 70.0, 0.0]]
    np.testing.assert_allclose(np.asarray(model(row))[0, 0], expected, rtol=1e-5)


def test_initial_weights_keep_the_variance():
    model = chain("SEPARABLE_CONVOLUTION_5X5", (9, 9, 256))
    depthwise, pointwise = model.get_weights()[:2]
    assert np.var(depthwise) == pytest.approx(2 / 25, rel=0.1)
    assert np.var(pointwise) == pytest.approx(1 / 256, rel=0.1)


def test_batch_norm_stands_before_the_relu():
    model = chain("SEPARABLE_CONVOLUTION_3X3", (8, 8, 4))
    output = np.asarray(model(100.0 + example((8, 8, 4), 16), training=True))
    assert output.min() == 0.0
    assert 0.2 < np.mean(output == 0.0) < 0.8
