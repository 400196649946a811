"""A linear model of the costs of towers that predicts those of towers one block deeper than any it has seen.

Features are how often each block and each pair of neighbours is in a tower, both ends counting as neighbours. They mean
the same at every depth, which blocks at numbered places do not: see BUILD_NOTES.md for what was measured.
"""

from collections.abc import Hashable, Mapping, Sequence
from itertools import chain

import numpy as np
from scipy.stats import norm, rankdata

from ..architecture import Architecture

# Each regression sees 4/5 of the trials, as in the paper.
_FOLDS = 5
_PENALTY = 3.0

_END = ""


def weights_of(
    towers: Sequence[Architecture], costs: Sequence[float], members: int, rng: np.random.Generator
) -> Mapping[Hashable, float]:
    """Mean weights of the features over so many ridge regressions, each fitted without a random fifth of the towers.

    The mean of linear models is the model of the mean weights. Costs count by rank, as quantiles of the normal
    distribution: a training that diverged is no more than the worst. Empty for fewer than two towers.
    """
    if len(towers) < 2:
        return {}
    listed = [features(tower) for tower in towers]
    columns = {feature: column for column, feature in enumerate(dict.fromkeys(chain.from_iterable(listed)))}
    counts = np.zeros((len(towers), len(columns)))
    for row, found in enumerate(listed):
        np.add.at(counts[row], [columns[feature] for feature in found], 1.0)
    scores = np.asarray(norm.ppf((rankdata(costs) - 0.5) / len(costs)))
    fitted = [_ridge(counts[kept], scores[kept]) for kept in _without_folds(len(towers), members, rng)]
    return dict(zip(columns, np.mean(fitted, axis=0).tolist(), strict=True))


def predicted(weights: Mapping[Hashable, float], tower: Architecture) -> float:
    """The cost of a tower, in normal scores up to a constant; features that were never seen weigh nothing."""
    return sum(weights.get(feature, 0.0) for feature in features(tower))


def features(tower: Architecture) -> list[Hashable]:
    """Blocks and pairs of neighbours of a tower, each as often as it is there."""
    blocks = tower.blocks
    return [*blocks, *zip((_END, *blocks), (*blocks, _END), strict=True)]


def _without_folds(count: int, members: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Rows that each member sees: all but one of five folds; five members leave out each row once."""
    kept = []
    for member in range(members):
        if member % _FOLDS == 0:
            order = rng.permutation(count)
        kept.append(np.delete(np.arange(count), order[member % _FOLDS :: _FOLDS]))
    return kept


def _ridge(counts: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Weights of a ridge regression with a free constant, by its dual: features may be many more than towers."""
    centred = counts - counts.mean(axis=0)
    gram = centred @ centred.T + _PENALTY * np.eye(len(scores))
    return np.asarray(centred.T @ np.linalg.solve(gram, scores - scores.mean()))
