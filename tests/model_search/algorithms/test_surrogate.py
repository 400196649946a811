from itertools import product

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from scipy.stats import norm

from model_search.algorithms.surrogate import TOWERS as METRIC
from model_search.algorithms.surrogate import _loss, fit_parameters, normal_scores, surrogate
from model_search.algorithms.tower_features import distances
from model_search.architecture import Architecture

TOWERS = [Architecture.of(blocks) for deep in (1, 2, 3) for blocks in product("AB", repeat=deep)]


def test_normal_scores_know_only_the_order():
    assert normal_scores([3.0, 1e9, -5.0]) == pytest.approx(normal_scores([0.2, 0.3, 0.1]))
    # Quantiles of 1/6, 1/2 and 5/6; equals share one.
    assert normal_scores([1, 2, 3]) == pytest.approx([-0.967422, 0.0, 0.967422], abs=1e-6)
    assert normal_scores([1, 1]) == pytest.approx([0.0, 0.0])


def test_gradient_of_the_likelihood():
    rng = np.random.default_rng(0)
    costs, apart = rng.standard_normal(len(TOWERS)), distances(TOWERS, TOWERS)
    parameters = METRIC.prior + rng.normal(scale=0.3, size=len(METRIC.prior))
    numeric = approx_fprime(parameters, lambda p: _loss(p, apart, costs, METRIC.prior)[0], 1e-6)
    assert _loss(parameters, apart, costs, METRIC.prior)[1] == pytest.approx(numeric, rel=1e-3, abs=1e-4)


def test_prediction_by_hand():
    # One tower trained, cost 2, one that differs from it by the weighted distance d: mean s e^-d 2 / (s + n).
    one, other = Architecture.of("A"), Architecture.of("B")
    parameters = np.log([0.1, 0.1, 0.1, 0.1, 0.1, 3.0, 0.5])
    mean, covariance = surrogate([one], [2.0], parameters).predict([other, one])
    correlation = np.exp(-0.1 * distances([one], [other]).sum())
    assert mean == pytest.approx([3 * correlation * 2 / 3.5, 3 * 2 / 3.5], rel=1e-5)
    assert covariance[0, 0] == pytest.approx(3 - 9 * correlation**2 / 3.5, rel=1e-5)
    assert covariance[0, 1] == pytest.approx(3 * correlation - 9 * correlation / 3.5, rel=1e-5)


def test_learns_what_counts_and_how_noisy_it_is():
    rng = np.random.default_rng(1)
    towers = [Architecture.of(blocks) for blocks in product("ABCD", repeat=4)]
    truth = np.array([2.0 * tower.blocks.count("A") for tower in towers])
    seen = rng.permutation(len(towers))[:60]
    costs = truth[seen] + rng.normal(scale=0.5, size=60)
    trained = [towers[place] for place in seen]
    fitted = surrogate(trained, costs, fit_parameters(trained, costs))
    mean, _ = fitted.predict(towers)
    assert np.corrcoef(mean, truth)[0, 1] > 0.95
    assert 0.05 < fitted.noise < 0.6
    assert fitted.weights[2] > 2 * max(fitted.weights[0], fitted.weights[1])


def test_expected_improvement_by_hand():
    # Given one tower of cost 2 without noise: the same tower cannot cost less; an unlike one is normal around 0.
    parameters = np.log([2.0] * 5 + [1.0, np.exp(-6)])
    one, other = Architecture.of("AAAA"), Architecture.of("BCD")
    process = surrogate([one], [2.0], parameters)
    improvement = process.expected_improvement([one, other])
    least = 2 / (1 + np.exp(-6))
    assert improvement[0] < 0.05
    # E max(least - z, 0) for a standard normal z is least * cdf(least) + pdf(least).
    assert improvement[1] == pytest.approx(least * norm.cdf(least) + norm.pdf(least), rel=1e-3)


def test_marginals_are_those_of_the_prediction():
    process = surrogate(TOWERS[:5], np.linspace(-1, 1, 5), METRIC.prior)
    mean, covariance = process.predict(TOWERS)
    marginal_mean, deviation = process.marginals(TOWERS)
    assert marginal_mean == pytest.approx(mean)
    assert deviation**2 == pytest.approx(np.diag(covariance), abs=1e-6)


def test_given_more_is_as_given_at_once():
    parameters = METRIC.prior
    costs = np.linspace(-1, 1, len(TOWERS))
    at_once = surrogate(TOWERS, costs, parameters).predict(TOWERS)
    later = surrogate(TOWERS[:5], costs[:5], parameters).given(TOWERS[5:], costs[5:]).predict(TOWERS)
    assert np.allclose(at_once[0], later[0])
    assert np.allclose(at_once[1], later[1])
