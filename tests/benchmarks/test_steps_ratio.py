"""The measure of what a start is worth, by hand."""

import numpy as np
import pytest
from steps_ratio import interval, ratio

# Means: 0.25, 0.5, 0.75, 0.75. The level at the end is reached at the third moment.
COLD = np.array([[0.25, 0.5, 1.0, 0.75], [0.25, 0.5, 0.5, 0.75]])


@pytest.mark.parametrize(
    ("warm", "expected"),
    [
        ([[0.75, 0.5, 0.5, 0.5], [0.75, 0.5, 0.5, 0.5]], 1 / 3),
        # One of two above it is not enough: what counts is the mean.
        ([[1.0, 1.0, 1.0, 1.0], [0.0, 0.25, 0.25, 0.5]], 4 / 3),
        ([[0.0, 1.0, 1.0, 1.0], [0.0, 0.5, 0.5, 0.5]], 2 / 3),
        # Never there: all moments.
        ([[0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.5]], 4 / 3),
    ],
)
def test_steps_to_the_level_of_cold_curves(warm: list[list[float]], expected: float) -> None:
    assert ratio(COLD, np.array(warm)) == pytest.approx(expected)


def test_of_seeds_that_are_all_alike_the_interval_is_the_ratio() -> None:
    cold, warm = np.stack([COLD[1]] * 5), np.stack([[0.0, 0.75, 0.75, 0.75]] * 5)
    assert interval(cold, warm) == pytest.approx((0.5, 0.5))


def test_an_interval_holds_seeds_together() -> None:
    # Two children a seed: those of the first seed are there at once, those of the second at the end.
    cold = np.tile(np.array([0.0, 0.0, 0.0, 1.0]), (2, 2, 1))
    warm = np.array([[[1.0] * 4] * 2, [[0.0, 0.0, 0.0, 1.0]] * 2])
    assert interval(cold, warm) == pytest.approx((0.25, 1.0))
