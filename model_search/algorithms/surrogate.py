"""A Gaussian process over towers: what the trials so far say about towers that nobody has trained.

The kernel falls exponentially with the weighted number of features (`tower_features`) in which two towers differ. The
weights of the groups, the kernel's variance and that of the noise of one training maximize the marginal likelihood
under log-normal priors (Rasmussen and Williams 2006, sections 2.2 and 5.4.1).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.optimize import minimize
from scipy.stats import norm, rankdata

from ..architecture import Architecture
from .tower_features import GROUPS, distances

# Logarithms. One difference in every group lowers the correlation by half.
_PRIOR = np.log([0.15] * len(GROUPS) + [1.0, 0.1])
_SPREAD = 1.0
_BOUNDS = [(-7.0, 2.0)] * len(GROUPS) + [(-3.0, 3.0), (-6.0, 1.0)]
_ITERATIONS = 40
_JITTER = 1e-6
_LEAST_VARIANCE = 1e-9


def normal_scores(costs: Sequence[float]) -> np.ndarray:
    """Costs by rank, as quantiles of the normal distribution: scale and outliers of a metric do not count."""
    ranks = rankdata(costs)
    return np.asarray(norm.ppf((ranks - 0.5) / len(ranks)))


@dataclass(frozen=True)
class Surrogate:
    """A process and what it was given.

    Attributes:
      towers: that were trained, and their costs in normal scores.
      weights: of the groups of features, per difference.
      variance: of the process.
      noise: variance of one training.
    """

    towers: tuple[Architecture, ...]
    costs: np.ndarray
    weights: np.ndarray
    variance: float
    noise: float

    @cached_property
    def _own(self) -> np.ndarray:
        return self._kernel(self.towers, self.towers)

    @cached_property
    def _factor(self) -> np.ndarray:
        return np.asarray(cholesky(self._own + (self.noise + _JITTER) * np.eye(len(self.towers)), lower=True))

    @cached_property
    def _solution(self) -> np.ndarray:
        return np.asarray(cho_solve((self._factor, True), self.costs))

    def _kernel(self, first: Sequence[Architecture], second: Sequence[Architecture]) -> np.ndarray:
        return _kernel(self.weights, self.variance, distances(first, second))

    def given(self, towers: Sequence[Architecture], costs: npt.ArrayLike) -> "Surrogate":
        """The same process, given these towers' costs too."""
        return replace(self, towers=(*self.towers, *towers), costs=np.concatenate([self.costs, costs]))

    def predict(self, towers: Sequence[Architecture]) -> tuple[np.ndarray, np.ndarray]:
        """Mean (towers,) and covariance (towers, towers) of costs in normal scores, without the noise of training."""
        across = self._kernel(self.towers, towers)
        solved = solve_triangular(self._factor, across, lower=True)
        return across.T @ self._solution, self._kernel(towers, towers) - solved.T @ solved

    def expected_improvement(self, towers: Sequence[Architecture], doubt: float = 1.0) -> np.ndarray:
        """By how much each tower is expected to cost less than the least mean of those given, (towers,), above 0.

        Standard deviations count `doubt` times.
        """
        across = self._kernel(self.towers, towers)
        solved = solve_triangular(self._factor, across, lower=True)
        deviation = doubt * np.sqrt(np.maximum(self.variance - (solved**2).sum(0), _LEAST_VARIANCE))
        least = (self._own @ self._solution).min()
        score = (least - across.T @ self._solution) / deviation
        return np.asarray(deviation * (score * norm.cdf(score) + norm.pdf(score)))


def fit_parameters(towers: Sequence[Architecture], costs: npt.ArrayLike) -> np.ndarray:
    """Logarithms of the groups' weights, the variance and the noise that the costs (normal scores) speak for."""
    apart, target = distances(towers, towers), np.asarray(costs)
    found = minimize(
        _loss, _PRIOR, args=(apart, target), jac=True, method="L-BFGS-B", bounds=_BOUNDS,
        options={"maxiter": _ITERATIONS},
    )  # fmt: skip
    return np.asarray(found.x)


def surrogate(towers: Sequence[Architecture], costs: npt.ArrayLike, parameters: np.ndarray) -> Surrogate:
    """The process with these parameters, given towers and their costs (normal scores)."""
    return Surrogate(tuple(towers), np.asarray(costs, float), *_unpacked(parameters))


def _unpacked(parameters: np.ndarray) -> tuple[np.ndarray, float, float]:
    values = np.exp(parameters)
    return values[: len(GROUPS)], float(values[-2]), float(values[-1])


def _kernel(weights: np.ndarray, variance: float, apart: np.ndarray) -> np.ndarray:
    return np.asarray(variance * np.exp(-np.tensordot(weights, apart, 1)))


def _loss(parameters: np.ndarray, apart: np.ndarray, costs: np.ndarray) -> tuple[float, np.ndarray]:
    """Negative log posterior of the parameters and its gradient."""
    weights, variance, noise = _unpacked(parameters)
    kernel = _kernel(weights, variance, apart)
    factor = cholesky(kernel + (noise + _JITTER) * np.eye(len(costs)), lower=True)
    inverse = cho_solve((factor, True), np.eye(len(costs)))
    solution = inverse @ costs
    off = (parameters - _PRIOR) / _SPREAD
    value = 0.5 * costs @ solution + np.log(np.diag(factor)).sum() + 0.5 * off @ off
    slope = inverse - np.outer(solution, solution)
    weighted = slope * kernel
    by_weight = [-0.5 * weight * np.vdot(weighted, group) for weight, group in zip(weights, apart, strict=True)]
    gradient = np.array([*by_weight, 0.5 * weighted.sum(), 0.5 * noise * np.trace(slope)])
    return float(value), gradient + off / _SPREAD
