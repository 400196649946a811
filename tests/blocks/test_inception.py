import numpy as np
import pytest
from block_checks import chain

import model_search.blocks  # noqa: F401


@pytest.mark.parametrize(
    ("channels", "parts"),
    [
        # c / 4, 3 c / 8 -> c / 2, c / 16 -> c / 8, c / 8, rounded up
        (32, (8, 12, 16, 2, 4, 4)),
        (3, (1, 2, 2, 1, 1, 1)),
        (1, (1, 1, 1, 1, 1, 1)),
    ],
)
def test_parts_and_parameters(channels, parts):
    small, middle_in, middle, large_in, large, pool = parts
    model = chain("INCEPTION_MODULE", (5, 4, channels))
    assert model.output.shape == (None, 5, 4, small + middle + large + pool)
    ones = (channels + 1) * (small + middle_in + large_in + pool)
    assert model.count_params() == ones + (9 * middle_in + 1) * middle + (25 * large_in + 1) * large


@pytest.mark.parametrize("channels", [8, 24, 192])
def test_multiples_of_eight_stay(channels):
    assert chain("INCEPTION_MODULE", (2, 2, channels)).output.shape[-1] == channels


def test_branches_by_hand():
    model = chain("INCEPTION_MODULE", (1, 5, 1))
    for layer in model.layers:
        if layer.weights:
            layer.set_weights([np.ones_like(weight) for weight in layer.get_weights()[:1]] + [np.zeros(1)])
    row = np.array([1.0, 0.0, 0.0, 2.0, 0.0]).reshape(1, 1, 5, 1)
    # Itself, sums of 3 and of 5 cells, maxima of 3.
    expected = [[1, 0, 0, 2, 0], [1, 1, 2, 2, 2], [1, 3, 3, 2, 2], [1, 1, 2, 2, 2]]
    np.testing.assert_allclose(np.asarray(model(row))[0, 0].T, expected)
