"""Random towers: of all those of so many blocks, each alike.

Blocks that are drawn one by one and then put in order would make towers of both kinds of blocks, plates' and vectors',
too often: many orders become the same tower.
"""

from bisect import bisect
from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate, product
from math import prod

import numpy as np

from ..architecture import TURNS, Architecture
from ..spec import SearchSpec
from ..spec.towers import role_of, tower, turn_of
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


def tower_count(spec: SearchSpec, blocks: int) -> int:
    """How many towers of so many blocks there are, of each turn to vectors that the spec names."""
    masks = alphabet_of(spec).orders(blocks)
    return len(_turns(spec)) * sum(prod(mask.sum(axis=1).tolist()) for mask in masks)


def all_towers(spec: SearchSpec, blocks: int) -> Iterator[Architecture]:
    """Every tower of so many blocks, once; see `tower_count` before."""
    names = alphabet_of(spec).names
    for mask in alphabet_of(spec).orders(blocks):
        for letters in product(*(np.flatnonzero(row).tolist() for row in mask)):
            for turn in _turns(spec):
                yield tower(spec, [*(names[letter] for letter in letters), *turn])


def _turns(spec: SearchSpec) -> list[tuple[str, ...]]:
    """The turns that towers may have, as what is said of them beside their other blocks."""
    turns: list[tuple[str, ...]] = [(name,) for name in spec.blocks_to_use if role_of(name) in TURNS]
    return turns if len(turns) > 1 else [()]


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
