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
        orders, cumulative = _orders(self._alphabet, blocks)
        if len(orders) == 1:
            return tower(self._spec, [names[letter] for letter in rng.integers(len(names), size=blocks).tolist()])
        which, *draws = rng.random(1 + blocks).tolist()
        # The turn stands before the first block for vectors, whose place numbers the orders.
        first = min(bisect(cumulative, which), blocks)
        drawn = [names[row[int(draw * len(row))]] for row, draw in zip(orders[first], draws, strict=True)]
        return tower(self._spec, (*drawn[:first], self._turn, *drawn[first:]))


def random_towers(spec: SearchSpec, rng: np.random.Generator) -> Iterator[Architecture]:
    """Towers of `minimum_depth` blocks, without end."""
    towers = RandomTowers(spec)
    while True:
        yield towers.of(spec.minimum_depth, rng)


@lru_cache(maxsize=256)
def _orders(alphabet: Alphabet, blocks: int) -> tuple[list[list[list[int]]], list[float]]:
    """The letters for each place in each order, and the cumulative shares of the strings that each order has."""
    orders = [[np.flatnonzero(row).tolist() for row in order] for order in alphabet.orders(blocks)]
    logarithms = np.array([sum(np.log(len(row)) if row else -np.inf for row in order) for order in orders])
    strings = np.exp(logarithms - logarithms.max())
    return orders, list(accumulate(strings / strings.sum()))
