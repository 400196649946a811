"""Towers as sets of features, for regressions over architectures.

A feature is there or not; how far two towers are apart in a group of features is how many of them only one has. Groups
are kept apart, because it is for the data to say which of them matter.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from ..architecture import Architecture

GROUPS = ("from the input", "from the output", "counts", "pairs", "depth")
"""Blocks at each place counted from either end, how often each block is there, neighbouring pairs, number of blocks."""

_END = ""
_ROOM = 2**60
_FIRST_OF_GROUP = np.arange(len(GROUPS)) * _ROOM


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
    left, right = _read(first), _read(second)
    apart = left.sizes.T[:, :, None] + right.sizes.T[:, None].astype(float)
    for sums, shared in zip(apart, _shared(left, right), strict=True):
        sums -= 2.0 * shared
    return np.asarray(apart)


def weighted_distances(
    weights: np.ndarray, first: Sequence[Architecture], second: Sequence[Architecture]
) -> np.ndarray:
    """Sums over the groups of their weights times their `distances`, (first, second)."""
    left = _read(first)
    right = left if second is first else _read(second)
    sums = np.add.outer(left.sizes @ weights, right.sizes @ weights)
    for weight, shared in zip(weights, _shared(left, right), strict=True):
        sums -= 2.0 * weight * shared
    return sums


class _Features(NamedTuple):
    """Features of towers: their numbers, tower by tower, and how many there are, (towers, groups)."""

    numbers: np.ndarray
    sizes: np.ndarray

    def there(self, known: np.ndarray) -> np.ndarray:
        """Which of the known features each tower has, 1.0 or 0.0: (towers, features)."""
        rows = np.repeat(np.arange(len(self.sizes)), self.sizes.sum(axis=1))
        columns = np.searchsorted(known, self.numbers).clip(max=len(known) - 1)
        there = np.zeros((len(self.sizes), len(known)), np.float32)
        is_known = known[columns] == self.numbers
        there[rows[is_known], columns[is_known]] = 1.0
        return there


def _read(towers: Sequence[Architecture]) -> _Features:
    read = [_numbers(tower) for tower in towers]
    return _Features(np.concatenate([numbers for numbers, _ in read]), np.array([sizes for _, sizes in read]))


def _shared(first: _Features, second: _Features) -> Iterator[np.ndarray]:
    """Numbers of features that two towers share, (first, second) for each group."""
    known = np.unique(first.numbers)
    left = first.there(known)
    right = left if second is first else second.there(known)
    ends = np.searchsorted(known, _FIRST_OF_GROUP).tolist()
    for begin, end in pairwise((*ends, len(known))):
        yield left[:, begin:end] @ right[:, begin:end].T


@lru_cache(maxsize=100_000)
def _numbers(architecture: Architecture) -> tuple[np.ndarray, tuple[int, ...]]:
    """Features as numbers of 64 bits, which are as good as distinct and faster to compare, and how many a group has.

    The first bits are the group's number, so that in order of the numbers groups follow each other.
    """
    groups = features(architecture)
    numbers = [hash(feature) % _ROOM + place * _ROOM for place, group in enumerate(groups) for feature in group]
    return np.array(numbers, np.int64), tuple(map(len, groups))


def _repeated(things: Iterable[Hashable]) -> tuple[tuple[Hashable, int], ...]:
    """Each thing with the number of times it was there before."""
    seen: Counter[Hashable] = Counter()
    numbered = []
    for thing in things:
        numbered.append((thing, seen[thing]))
        seen[thing] += 1
    return tuple(numbered)
