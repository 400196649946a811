"""Bin edges for the piecewise linear encoding of numbers."""

import numpy as np

BINS = 16
"""Bins by quantiles of the values, and as many by quantiles of the different values where values repeat: a column
that is mostly zero would have no bins elsewhere otherwise."""

OWN_EDGES = 128
"""Up to so many different values, where values repeat, are edges themselves: a number such as an amount that a tax rule
names tells more than its neighbours do."""

MOSTLY_DIFFERENT = 0.5
"""With this share of different values, both kinds of quantiles say the same."""

FEW_DIFFERENT = 2
"""A column with no more different values than this has nothing to gain from bins."""


def edges_of(values: np.ndarray) -> tuple[float, ...]:
    """Ascending bin edges, float32 values apart from each other; empty for a column of two values.

    Args:
      values: finite training values, (rows,) float64.
    """
    different = np.unique(values)
    if len(different) <= FEW_DIFFERENT:
        return ()
    places = np.linspace(0, 1, BINS + 1)
    edges = [np.quantile(values, places)]
    if len(different) < MOSTLY_DIFFERENT * len(values):
        edges.append(different if len(different) <= OWN_EDGES else np.quantile(different, places))
    return tuple(np.unique(np.concatenate(edges).astype(np.float32)).tolist())
