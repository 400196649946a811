"""Towers as sets of features, for regressions over architectures.

A feature is there or not; how far two towers are apart in a group of features is how many of them only one has. Groups
are kept apart, because it is for the data to say which of them matter.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from functools import lru_cache

import numpy as np

from ..architecture import Architecture

GROUPS = ("from the input", "from the output", "counts", "pairs", "depth")
"""Blocks at each place counted from either end, how often each block is there, neighbouring pairs, number of blocks."""

_END = ""


@lru_cache(maxsize=100_000)
def features(architecture: Architecture) -> tuple[tuple[Hashable, ...], ...]:
    """The features that a tower has, group by group; something that is there n times is n features."""
    blocks = architecture.blocks
    pairs = zip((_END, *blocks), (*blocks, _END), strict=True)
    return (
        tuple(enumerate(blocks)),
        tuple(enumerate(reversed(blocks))),
        _repeated(blocks),
        _repeated(pairs),
        tuple(range(len(blocks))),
    )


def distances(first: Sequence[Architecture], second: Sequence[Architecture]) -> np.ndarray:
    """Numbers of features that only one of two towers has, (groups, first, second)."""
    sets = [_numbers(architecture) for architecture in (*first, *second)]
    return np.array([_differences([one[group] for one in sets], len(first)) for group in range(len(GROUPS))])


def _differences(sets: Sequence[np.ndarray], first: int) -> np.ndarray:
    """Sizes of the symmetric differences between the `first` sets and the others."""
    sizes = np.array([len(one) for one in sets])
    _, columns = np.unique(np.concatenate(sets), return_inverse=True)
    matrix = np.zeros((len(sets), columns.max() + 1), np.float32)
    matrix[np.repeat(np.arange(len(sets)), sizes), columns] = 1.0
    left, right = matrix[:first], matrix[first:]
    return np.asarray(sizes[:first, None] + sizes[None, first:] - 2.0 * (left @ right.T))


@lru_cache(maxsize=100_000)
def _numbers(architecture: Architecture) -> tuple[np.ndarray, ...]:
    """Features as numbers of 64 bits, which are as good as distinct and faster to compare."""
    return tuple(np.array([hash(feature) for feature in group], np.int64) for group in features(architecture))


def _repeated(things: Iterable[Hashable]) -> tuple[tuple[Hashable, int], ...]:
    """Each thing with the number of times it was there before."""
    seen: Counter[Hashable] = Counter()
    numbered = []
    for thing in things:
        numbered.append((thing, seen[thing]))
        seen[thing] += 1
    return tuple(numbered)
