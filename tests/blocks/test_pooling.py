import numpy as np
import pytest
from block_checks import chain

PLATE = np.arange(30, dtype="float32").reshape(1, 5, 6, 1)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # Tiles of rows 0-1 and 2-3; the fifth row is left over.
        ("AVERAGE_POOL_2X2", [[3.5, 5.5, 7.5], [15.5, 17.5, 19.5]]),
        ("AVERAGE_POOL_4X4", [[10.5]]),
        ("MAX_POOLING_2X2", [[7, 9, 11], [19, 21, 23]]),
        ("MAX_POOLING_3X3", [[14, 17]]),
        ("MAX_POOLING_5X5", [[28]]),
    ],
)
def test_pooling_by_hand(name, expected):
    np.testing.assert_array_equal(np.asarray(chain(name, (5, 6, 1))(PLATE))[0, :, :, 0], expected)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("AVERAGE_POOL_2X2", (1, 6, 2)),
        ("AVERAGE_POOL_4X4", (8, 3, 2)),
        ("MAX_POOLING_2X2", (6, 1, 2)),
        ("MAX_POOLING_3X3", (2, 9, 2)),
        ("MAX_POOLING_5X5", (4, 4, 2)),
    ],
)
def test_a_plate_smaller_than_a_tile_passes_through(name, shape):
    model = chain(name, shape)
    assert model.output is model.input


def test_a_plate_as_large_as_a_tile_is_pooled():
    assert chain("MAX_POOLING_5X5", (5, 5, 2)).output.shape == (None, 1, 1, 2)


def test_identity_is_its_input():
    for shape in [(4, 4, 3), (7,), (5, 2)]:
        model = chain("IDENTITY", shape)
        assert model.output is model.input
