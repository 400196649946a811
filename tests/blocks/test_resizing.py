import keras
import numpy as np
import pytest

from model_search.blocks.resizing import factorized_reduction, halved, resized


def plate(height, width, channels=1):
    values = np.arange(height * width * channels, dtype="float32")
    return values.reshape(1, height, width, channels)


def run(function, array):
    inputs = keras.Input(array.shape[1:])
    model = keras.Model(inputs, function(inputs))
    return model, np.asarray(model(array))


@pytest.mark.parametrize(("size", "expected"), [((1, 1), (1, 1)), ((4, 5), (2, 3)), ((1, 8), (1, 4))])
def test_halved_rounds_up(size, expected):
    assert halved(size) == expected


def test_factorized_reduction_sees_even_cells_and_those_beside_them():
    inputs = keras.Input((3, 4, 1))
    model = keras.Model(inputs, factorized_reduction(inputs, 3, ""))
    even, odd = (layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D))
    assert (even.filters, odd.filters) == (1, 2)
    even.kernel.assign(np.ones((1, 1, 1, 1)))
    odd.kernel.assign(np.array([1.0, 10.0]).reshape(1, 1, 1, 2))
    output = np.asarray(model(plate(3, 4)))[0]
    np.testing.assert_array_equal(output[..., 0], [[0, 2], [8, 10]])
    # One cell to the right and below; outside of the plate are zeros.
    np.testing.assert_array_equal(output[..., 1], [[5, 7], [0, 0]])
    np.testing.assert_array_equal(output[..., 2], [[50, 70], [0, 0]])


@pytest.mark.parametrize(
    ("given", "size", "expected"),
    [
        ((2, 2), (2, 2), [[0, 1], [2, 3]]),
        ((5, 5), (1, 1), [[12.0]]),
        ((5, 2), (2, 1), [[1.5], [5.5]]),  # tiles of two rows; the fifth is left over
        ((1, 5), (1, 3), [[0.0, 1.0, 2.0]]),  # less than twice as wide: cut
        ((1, 2), (2, 3), [[0.0, 0.0, 1.0], [0.0, 0.0, 1.0]]),  # repeated, then cut
        ((4, 1), (2, 2), [[0.5, 0.5], [2.5, 2.5]]),  # one side shrinks, the other grows
    ],
)
def test_resized_by_hand(given, size, expected):
    model, output = run(lambda tensor: resized(tensor, size, ""), plate(*given))
    np.testing.assert_allclose(output[0, :, :, 0], expected)
    assert not model.weights


@pytest.mark.parametrize("given", [1, 2, 3, 5, 7, 8, 11])
@pytest.mark.parametrize("wanted", [1, 2, 3, 4, 6, 11])
def test_resized_has_any_size(given, wanted):
    tensor = keras.Input((given, wanted, 2))
    assert resized(tensor, (wanted, given), "").shape == (None, wanted, given, 2)
