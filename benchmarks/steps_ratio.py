"""What a start is worth: steps to the level at which cold curves end, and an interval over seeds (bootstrap)."""

import numpy as np

RESAMPLES = 2000


def ratio(cold: np.ndarray, warm: np.ndarray) -> float:
    """Steps until the mean of warm curves is where that of cold ones ends, by the steps that the cold ones need.

    All steps where the warm ones never get there.

    Args:
      cold, warm: accuracies at the same moments, (curves, moments).
    """
    goal = cold.mean(0)[-1] - 1e-9
    moments = [np.flatnonzero(curves.mean(0) >= goal) for curves in (warm, cold)]
    return float((moments[0][0] + 1 if moments[0].size else warm.shape[1]) / (moments[1][0] + 1))


def interval(cold: np.ndarray, warm: np.ndarray) -> tuple[float, float]:
    """Of the ratio: 2.5 and 97.5 % of what it is with seeds drawn with replacement.

    Args:
      cold, warm: (seeds, ..., moments).
    """
    rng, count, moments = np.random.default_rng(0), len(cold), cold.shape[-1]
    drawn = [rng.integers(count, size=count) for _ in range(RESAMPLES)]
    ratios = [ratio(cold[chosen].reshape(-1, moments), warm[chosen].reshape(-1, moments)) for chosen in drawn]
    low, high = np.percentile(ratios, [2.5, 97.5])
    return float(low), float(high)
