"""Towers as strings of numbers: one for each searched block, in the tower's order.

The flatten or summary is no letter: the engine places it, the same in all towers made from strings.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ..architecture import TURNS, Architecture
from ..block import Role
from ..spec import SearchSpec
from ..spec.towers import form_of, role_of, tower
from .edits import searched_blocks


@dataclass(frozen=True)
class Alphabet:
    """The searched blocks of a spec as letters 0, 1, 2 ...

    Attributes:
      names: block names by letter.
      body: letters that stand before the turn to vectors; none where all blocks are of one kind.
      vectors: letters that stand behind it; what is in neither may stand anywhere.
    """

    names: tuple[str, ...]
    body: frozenset[int]
    vectors: frozenset[int]

    def read(self, architecture: Architecture) -> tuple[int, ...] | None:
        """The string of a tower; None for a tower with a block that the spec does not search."""
        return _read(self.names, architecture)

    def orders(self, places: int) -> tuple[np.ndarray, ...]:
        """What may stand where: masks (places, letters) that together admit each string in a tower's order, once."""
        return _orders(self, places)


# As many trials as regressions see, of several specs.
@lru_cache(maxsize=10_000)
def _read(names: tuple[str, ...], architecture: Architecture) -> tuple[int, ...] | None:
    searched = [name for name in architecture if role_of(name) not in TURNS]
    return tuple(map(names.index, searched)) if set(searched) <= set(names) else None


@lru_cache(maxsize=64)
def _orders(alphabet: Alphabet, places: int) -> tuple[np.ndarray, ...]:
    letters = np.arange(len(alphabet.names))
    body, vectors = (np.isin(letters, sorted(group)) for group in (alphabet.body, alphabet.vectors))
    masks = []
    if not body.any() or not vectors.any():
        masks.append(np.ones((places, len(letters)), bool))
    else:
        for first in range(places + 1):  # the place of the first vector block; none at the end
            mask = np.where(np.arange(places)[:, None] < first, ~vectors, ~body)
            mask[first : first + 1] = vectors
            masks.append(mask)
    for mask in masks:
        mask.flags.writeable = False
    return tuple(masks)


def alphabet_of(spec: SearchSpec) -> Alphabet:
    """The letters of a spec's towers."""
    names, form = searched_blocks(spec), form_of(spec)
    body = {letter for letter, name in enumerate(names) if form is not None and role_of(name) is form.body}
    vectors = {letter for letter, name in enumerate(names) if form is not None and role_of(name) is Role.VECTOR}
    return Alphabet(tuple(names), frozenset(body), frozenset(vectors))


def written(spec: SearchSpec, alphabet: Alphabet, letters: Iterable[int]) -> Architecture:
    """The tower of a string."""
    return tower(spec, [alphabet.names[letter] for letter in letters])
