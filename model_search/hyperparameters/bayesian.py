"""keras-tuner's bayesian oracle, at a cost that a short trial can bear."""

import warnings

import keras_tuner
import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import Matern
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

# Variance of the noise of standardized costs: a network trained twice differs, and the architecture varies too.
_NOISE = 1e-2
# Of the kernel, in edges of the unit cube. Unbounded, costs without a trend give 1e5: deviations are rounding noise.
_LENGTHS = (0.05, 5.0)
_ANYWHERE, _NEARBY, _NEARBY_SPREAD = 2000, 500, 0.1


class SampledBayesianOracle(keras_tuner.oracles.BayesianOptimizationOracle):
    """The library's oracle with its acquisition function evaluated at many points at once.

    The library refits with 20 restarts and descends from 50 starts point by point, 1 to 10 seconds a proposal; 2500
    points in one prediction take milliseconds, and in the few dimensions that trials share find as good a place.
    """

    def __init__(self, objective: keras_tuner.Objective, seed: int, space: keras_tuner.HyperParameters):
        """Args: what the trials' scores are; the seed, 1 or more; the space, which proposals fill completely."""
        initial = max(5, len(space.space) + 1)
        super().__init__(objective, num_initial_points=initial, seed=seed, hyperparameters=space)
        self.gpr = GaussianProcessRegressor(
            Matern(nu=2.5, length_scale_bounds=_LENGTHS),
            alpha=_NOISE,
            n_restarts_optimizer=2,
            normalize_y=True,
            random_state=seed,
        )

    def populate_space(self, trial_id: str) -> dict:
        """The point with the lowest lower confidence bound of the cost; random until there are enough trials."""
        if len(self.trials) < self.num_initial_points:
            return dict(self._random_populate_space())
        points, costs = self._vectorize_trials()
        candidates = self._candidates(points[np.argmin(costs)])
        # One thread: on matrices this small more of them only wait for each other, for seconds on a busy machine.
        with warnings.catch_warnings(), threadpool_limits(1):
            warnings.simplefilter("ignore", ConvergenceWarning)
            self.gpr.fit(points, costs)
            mean, deviation = self.gpr.predict(candidates, return_std=True)
        best = candidates[np.argmin(mean - self.beta * deviation)]
        return {"status": "RUNNING", "values": self._vector_to_values(best)}

    def _candidates(self, best: np.ndarray) -> np.ndarray:
        """Points all over the unit cube, and some near the best one known."""
        anywhere = self._random_state.uniform(size=(_ANYWHERE, len(best)))
        nearby = best + self._random_state.normal(scale=_NEARBY_SPREAD, size=(_NEARBY, len(best)))
        # Reflected at the faces: clipped ones would be the same few points again and again.
        return np.concatenate([anywhere, 1.0 - np.abs(1.0 - np.abs(nearby))])
