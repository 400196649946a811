import numpy as np
import pytest
from block_checks import chain, example


@pytest.mark.parametrize("name", ["CONVOLUTION_3X3", "CONVOLUTION_4X4", "CONVOLUTION_1X7", "CONVOLUTION_5X1"])
def test_convolution_keeps_plate_and_channels(name):
    model = chain(name, (6, 9, 5))
    assert model.output.shape == (None, 6, 9, 5)
    height, width = (int(size) for size in name.rpartition("_")[2].split("X"))
    assert model.count_params() == height * width * 5 * 5 + 5


@pytest.mark.parametrize("size", [3, 4, 5])
def test_increase_channels_doubles_channels_only(size):
    model = chain(f"INCREASE_CHANNELS_{size}X{size}", (6, 9, 5))
    assert model.output.shape == (None, 6, 9, 10)
    assert model.count_params() == size * size * 5 * 10 + 10


@pytest.mark.parametrize("size", [3, 4, 5])
def test_downsample_halves_the_plate_rounding_up_and_doubles_channels(size):
    model = chain(f"DOWNSAMPLE_CONVOLUTION_{size}X{size}", (7, 4, 5))
    assert model.output.shape == (None, 4, 2, 10)
    assert model.count_params() == size * size * 5 * 10 + 10


def test_convolution_by_hand():
    model = chain("CONVOLUTION_1X3", (1, 4, 1))
    model.set_weights([np.array([1.0, 10.0, 100.0]).reshape(1, 3, 1, 1), np.array([-200.0])])
    row = np.array([1.0, 2.0, 3.0, 4.0]).reshape(1, 1, 4, 1)
    # With zeros on both sides: 10 + 200, 1 + 20 + 300, 2 + 30 + 400, 3 + 40; less 200, negative ones cut off.
    np.testing.assert_allclose(np.ravel(model(row)), [10.0, 121.0, 232.0, 0.0])


@pytest.mark.parametrize("rate", [2, 4])
def test_dilated_convolution_reaches_as_far_as_its_rate(rate):
    model = chain(f"DILATED_CONVOLUTION_{rate}", (11, 11, 1))
    assert model.count_params() == 3 * 3 + 1
    model.set_weights([np.ones((3, 3, 1, 1)), np.zeros(1)])
    plate = np.zeros((1, 11, 11, 1), "float32")
    plate[0, 5, 5, 0] = 1.0
    reached = np.argwhere(np.asarray(model(plate))[0, :, :, 0])
    expected = [[row, column] for row in (5 - rate, 5, 5 + rate) for column in (5 - rate, 5, 5 + rate)]
    assert reached.tolist() == expected


@pytest.mark.parametrize("filters", [16, 32, 64, 120])
def test_fixed_channels_with_batch_norm(filters):
    model = chain(f"FIXED_CHANNEL_CONVOLUTION_{filters}", (4, 3, 5))
    assert model.output.shape == (None, 4, 3, filters)
    assert model.count_params() == 3 * 3 * 5 * filters + 4 * filters


def test_fixed_channels_batch_norm_stands_before_the_relu():
    model = chain("FIXED_CHANNEL_CONVOLUTION_16", (8, 8, 3))
    output = np.asarray(model(100.0 + 10.0 * example((8, 8, 3), 16), training=True))
    # Normalized, about half of the values are cut off, however far the input is from zero.
    assert output.min() == 0.0
    assert 0.4 < np.mean(output == 0.0) < 0.6


@pytest.mark.parametrize(("name", "plate"), [("CONVOLUTION_96", (5, 3)), ("STRIDE_96_2", (3, 2))])
def test_fixed_channels_without_batch_norm(name, plate):
    model = chain(f"FIXED_CHANNEL_{name}", (5, 3, 2))
    assert model.output.shape == (None, *plate, 96)
    assert model.count_params() == 3 * 3 * 2 * 96 + 96


def test_he_initialization_keeps_the_second_moment():
    model = chain("CONVOLUTION_3X3", (16, 16, 64))
    output = np.asarray(model(example((16, 16, 64), 4)))[:, 1:-1, 1:-1]
    assert np.mean(np.square(output)) == pytest.approx(1.0, rel=0.15)
