"""A Gaussian process over towers: what the trials so far say about towers that nobody has trained.

The kernel falls exponentially with the weighted number of features (`tower_features`) in which two towers differ; a
`Metric` may add to them other things by which trials differ. The weights of the groups, the kernel's variance and that
of the noise of one training maximize the marginal likelihood under log-normal priors (Rasmussen and Williams 2006,
sections 2.2 and 5.4.1).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.optimize import minimize
from scipy.special import ndtr, ndtri
from scipy.stats import rankdata

from .tower_features import GROUPS, distances, weighted_distances

# One difference in every group lowers the correlation by half.
_WEIGHT, _VARIANCE, _NOISE = 0.15, 1.0, 0.1
# Of logarithms.
_SPREAD = 1.0
_WEIGHT_BOUNDS, _VARIANCE_BOUNDS, _NOISE_BOUNDS = (-7.0, 2.0), (-3.0, 3.0), (-6.0, 1.0)
_ITERATIONS = 40
_JITTER = 1e-6
_LEAST_VARIANCE = 1e-9


class Metric(NamedTuple):
    """How far apart points are, in groups of reasons.

    Attributes:
      distances: from two sequences of points to (groups, first, second).
      weighted: the sum over groups of weights times that, from weights (groups,) and points to (first, second).
      weights: of a distance of 1 in each group, as long as nothing is known.
    """

    distances: Callable[[Sequence[Any], Sequence[Any]], np.ndarray]
    weighted: Callable[[np.ndarray, Sequence[Any], Sequence[Any]], np.ndarray]
    weights: tuple[float, ...]

    @property
    def prior(self) -> np.ndarray:
        """Expected logarithms of the weights, the variance and the noise."""
        return np.log([*self.weights, _VARIANCE, _NOISE])


TOWERS = Metric(distances, weighted_distances, (_WEIGHT,) * len(GROUPS))
"""Points are architectures, groups those of `tower_features`."""


def normal_scores(costs: Sequence[float]) -> np.ndarray:
    """Costs by rank, as quantiles of the normal distribution: scale and outliers of a metric do not count."""
    ranks = rankdata(costs)
    return np.asarray(ndtri((ranks - 0.5) / len(ranks)))


@dataclass(frozen=True)
class Surrogate:
    """A process and what it was given.

    Attributes:
      points: that were trained: towers, or what else the metric knows.
      costs: of them, in normal scores.
      weights: of the metric's groups, per unit of distance.
      variance: of the process.
      noise: variance of one training.
      metric: how far apart points are.
    """

    points: tuple[Any, ...]
    costs: np.ndarray
    weights: np.ndarray
    variance: float
    noise: float
    metric: Metric

    @cached_property
    def _own(self) -> np.ndarray:
        return self._kernel(self.points, self.points)

    @cached_property
    def _factor(self) -> np.ndarray:
        return np.asarray(cholesky(self._own + (self.noise + _JITTER) * np.eye(len(self.points)), lower=True))

    @cached_property
    def _solution(self) -> np.ndarray:
        return np.asarray(cho_solve((self._factor, True), self.costs))

    def _kernel(self, first: Sequence[Any], second: Sequence[Any]) -> np.ndarray:
        return np.asarray(self.variance * np.exp(-self.metric.weighted(self.weights, first, second)))

    def given(self, points: Sequence[Any], costs: npt.ArrayLike) -> "Surrogate":
        """The same process, given these points' costs too."""
        return replace(self, points=(*self.points, *points), costs=np.concatenate([self.costs, costs]))

    def predict(self, points: Sequence[Any]) -> tuple[np.ndarray, np.ndarray]:
        """Mean (points,) and covariance (points, points) of costs in normal scores, without the noise of training."""
        across = self._kernel(self.points, points)
        solved = solve_triangular(self._factor, across, lower=True)
        return across.T @ self._solution, self._kernel(points, points) - solved.T @ solved

    def marginals(self, points: Sequence[Any]) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation of each point's cost, (points,) both, without the noise of training."""
        across = self._kernel(self.points, points)
        solved = solve_triangular(self._factor, across, lower=True)
        variances = np.maximum(self.variance - (solved**2).sum(0), _LEAST_VARIANCE)
        return across.T @ self._solution, np.sqrt(variances)

    def expected_improvement(self, points: Sequence[Any], doubt: float = 1.0) -> np.ndarray:
        """By how much each point is expected to cost less than the least mean of those given, (points,), above 0.

        Standard deviations count `doubt` times.
        """
        mean, deviation = self.marginals(points)
        deviation = doubt * deviation
        score = ((self._own @ self._solution).min() - mean) / deviation
        height = np.exp(-0.5 * score**2) / np.sqrt(2.0 * np.pi)
        return np.asarray(deviation * (score * ndtr(score) + height))


def fit_parameters(points: Sequence[Any], costs: npt.ArrayLike, metric: Metric = TOWERS) -> np.ndarray:
    """Logarithms of the groups' weights, the variance and the noise that the costs (normal scores) speak for."""
    apart, target = metric.distances(points, points), np.asarray(costs)
    found = minimize(
        _loss, metric.prior, args=(apart, target, metric.prior), jac=True, method="L-BFGS-B",
        bounds=[_WEIGHT_BOUNDS] * len(apart) + [_VARIANCE_BOUNDS, _NOISE_BOUNDS],
        options={"maxiter": _ITERATIONS},
    )  # fmt: skip
    return np.asarray(found.x)


def surrogate(
    points: Sequence[Any], costs: npt.ArrayLike, parameters: np.ndarray, metric: Metric = TOWERS
) -> Surrogate:
    """The process with these parameters, given points and their costs (normal scores)."""
    return Surrogate(tuple(points), np.asarray(costs, float), *_unpacked(parameters), metric)


def _unpacked(parameters: np.ndarray) -> tuple[np.ndarray, float, float]:
    values = np.exp(parameters)
    return values[:-2], float(values[-2]), float(values[-1])


def _loss(parameters: np.ndarray, apart: np.ndarray, costs: np.ndarray, prior: np.ndarray) -> tuple[float, np.ndarray]:
    """Negative log posterior of the parameters and its gradient."""
    weights, variance, noise = _unpacked(parameters)
    kernel = variance * np.exp(-np.tensordot(weights, apart, 1))
    factor = cholesky(kernel + (noise + _JITTER) * np.eye(len(costs)), lower=True)
    inverse = cho_solve((factor, True), np.eye(len(costs)))
    solution = inverse @ costs
    off = (parameters - prior) / _SPREAD
    value = 0.5 * costs @ solution + np.log(np.diag(factor)).sum() + 0.5 * off @ off
    slope = inverse - np.outer(solution, solution)
    weighted = slope * kernel
    by_weight = [-0.5 * weight * np.vdot(weighted, group) for weight, group in zip(weights, apart, strict=True)]
    gradient = np.array([*by_weight, 0.5 * weighted.sum(), 0.5 * noise * np.trace(slope)])
    return float(value), gradient + off / _SPREAD
