import numpy as np
import pytest
from block_checks import chain

import model_search.blocks  # noqa: F401

PLATE = np.array([[1.0, 2.0, 6.0], [-3.0, 4.0, 8.0]]).reshape(1, 2, 3, 1)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # Cells outside of the plate do not count.
        ("AVERAGE_POOL_3X3_STRIDE_1", [[1.0, 3.0, 5.0], [1.0, 3.0, 5.0]]),
        ("MAX_POOLING_3X3_STRIDE_1", [[4.0, 8.0, 8.0], [4.0, 8.0, 8.0]]),
    ],
)
def test_by_hand(name, expected):
    np.testing.assert_allclose(np.asarray(chain(name, (2, 3, 1))(PLATE))[0, :, :, 0], expected)


def test_the_maximum_of_negative_values_is_negative():
    output = chain("MAX_POOLING_3X3_STRIDE_1", (1, 1, 1))(np.full((1, 1, 1, 1), -5.0))
    assert np.ravel(output) == [-5.0]
