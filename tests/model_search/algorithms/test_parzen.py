import numpy as np
import pytest
from scipy.stats import norm, truncnorm

from model_search.algorithms.parzen import (
    Numbers,
    kernel_weights,
    likelier_count,
    likelier_number,
    likelier_option,
    option_shares,
)


def test_old_observations_weigh_less():
    assert kernel_weights(0).tolist() == [1.0]
    assert kernel_weights(3).tolist() == [0.25] * 4
    weights = kernel_weights(28)
    assert weights.sum() == pytest.approx(1.0)
    assert (weights / weights[-1]).tolist() == pytest.approx([1 / 28, (1 / 28 + 1) / 2] + [1.0] * 27)


def test_shares_of_options():
    assert option_shares([], 4).tolist() == [0.25] * 4
    # Two kernels of (1 + 1/3, 1/3) / (5/3), the other way round the second, and the prior (1/2, 1/2).
    assert option_shares([0, 0], 2).tolist() == pytest.approx([(2 * 0.8 + 0.5) / 3, (2 * 0.2 + 0.5) / 3])
    assert option_shares([0, 1], 2).tolist() == pytest.approx([0.5, 0.5])


def test_a_density_of_numbers():
    of_none = Numbers([], 0.0, 1.0)
    assert (of_none.means.tolist(), of_none.spreads.tolist()) == ([0.5], [1.0])
    # Least widths are a fifth and a sixth of the range.
    assert Numbers([0.9], 0.0, 1.0).spreads.tolist() == pytest.approx([0.9, 1.0])
    density = Numbers([0.4, 0.9, 0.3], 0.0, 1.0)
    assert density.means.tolist() == [0.4, 0.9, 0.3, 0.5]
    assert density.spreads.tolist() == pytest.approx([0.5, 0.5, 0.2, 1.0])
    places = np.array([0.0, 0.35, 1.0])
    kernels = [
        truncnorm.pdf(places, -mean / spread, (1 - mean) / spread, mean, spread)
        for mean, spread in zip(density.means, density.spreads, strict=True)
    ]
    assert density.density(places) == pytest.approx(np.mean(kernels, axis=0))
    assert density.mass(np.array([0.0, 0.5]), np.array([1.0, 0.5])).tolist() == pytest.approx([1.0, 0.0])
    drawn = density.draw(20_000, np.random.default_rng(0))
    assert drawn.min() >= 0.0 and drawn.max() <= 1.0
    share = density.mass(np.array([0.2]), np.array([0.45])).item()
    assert np.mean((drawn > 0.2) & (drawn < 0.45)) == pytest.approx(share, abs=4 * np.sqrt(share / 20_000))


def test_a_distribution_of_counts():
    one = Numbers([2.0], 0.5, 4.5)
    inside = norm.cdf([2.5, 4.5], 2.0, 2.5) - norm.cdf([1.5, 0.5], 2.0, 2.5)
    prior = norm.cdf([2.5, 4.5], 2.5, 4.0) - norm.cdf([1.5, 0.5], 2.5, 4.0)
    expected = (inside[0] / inside[1] + prior[0] / prior[1]) / 2
    assert one.mass(np.array([1.5]), np.array([2.5])).item() == pytest.approx(expected)
    rng = np.random.default_rng(0)
    assert {likelier_count([9.0], [0.0, 0.0], 2, 4, rng) for _ in range(20)} == {4}
    assert {likelier_count([], [3.0, 3.0], 3, 3, rng) for _ in range(5)} == {3}


def test_the_likelier_value_is_that_of_the_good_ones():
    rng, all_three = np.random.default_rng(0), np.ones(3, bool)
    assert {likelier_option([2, 2, 1], [1, 1, 0], all_three, rng) for _ in range(20)} == {2}
    # Equally often among the good ones: the one that is rarer in the rest.
    assert {likelier_option([0, 1], [1, 1, 1, 2], all_three, rng) for _ in range(20)} == {0}
    assert {likelier_option([2, 2, 1], [1, 1, 0], np.array([True, True, False]), rng) for _ in range(20)} == {1}
    numbers = [likelier_number([0.8, 0.81, 0.79], [0.2, 0.3, 0.75, 0.5], rng) for _ in range(20)]
    assert all(0.75 < number <= 1.0 for number in numbers)
    assert all(0.0 <= likelier_number([], [], rng) <= 1.0 for _ in range(20))
