"""Random towers: of all those of so many blocks, each alike.

Blocks that are drawn one by one and then put in order would make towers of both kinds of blocks, plates' and vectors',
too often: many orders become the same tower.
"""

from bisect import bisect
from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate

import numpy as np

from ..architecture import Architecture
from ..spec import SearchSpec
from ..spec.towers import tower, turn_of
from .alphabet import Alphabet, alphabet_of


class RandomTowers:
    """Draws towers of the blocks that a spec searches."""

    def __init__(self, spec: SearchSpec):
        self._spec, self._alphabet, self._turn = spec, alphabet_of(spec), turn_of(spec)

    def of(self, blocks: int, rng: np.random.Generator) -> Architecture:
        """A tower of so many blocks."""
        names = self._alphabet.names
        before, first_vector, behind = _letters(self._alphabet)
        if not (before and first_vector):
            return tower(self._spec, [names[letter] for letter in rng.integers(len(names), size=blocks).tolist()])
        which, *draws = rng.random(1 + blocks).tolist()
        # The turn stands before the first block for vectors, whose place numbers the orders.
        shares = _cumulative_shares(blocks, len(before), len(first_vector), len(behind))
        first = min(bisect(shares, which), blocks)
        rows = [before] * first + [first_vector] * (first < blocks) + [behind] * (blocks - first - 1)
        drawn = [names[row[int(draw * len(row))]] for row, draw in zip(rows, draws, strict=True)]
        return tower(self._spec, (*drawn[:first], self._turn, *drawn[first:]))


def random_towers(spec: SearchSpec, rng: np.random.Generator) -> Iterator[Architecture]:
    """Towers of `minimum_depth` blocks, without end."""
    towers = RandomTowers(spec)
    while True:
        yield towers.of(spec.minimum_depth, rng)


@lru_cache(maxsize=64)
def _letters(alphabet: Alphabet) -> tuple[list[int], list[int], list[int]]:
    """What may stand before the turn to vectors, right behind it, and further behind; no first two without a turn."""
    if not (alphabet.body and alphabet.vectors):
        return [], [], []
    letters = range(len(alphabet.names))
    before = [letter for letter in letters if letter not in alphabet.vectors]
    return before, sorted(alphabet.vectors), [letter for letter in letters if letter not in alphabet.body]


@lru_cache(maxsize=256)
def _cumulative_shares(blocks: int, before: int, first_vector: int, behind: int) -> list[float]:
    """Of all strings those with the first block for vectors at each place, the last: with none; summed up."""
    first = np.arange(blocks)
    logarithms = first * np.log(before) + np.log(first_vector) + (blocks - 1 - first) * np.log(behind)
    logarithms = np.append(logarithms, blocks * np.log(before))
    strings = np.exp(logarithms - logarithms.max())
    return list(accumulate(strings / strings.sum()))
