"""HARMONICA_SEARCH: random towers in a space that sparse polynomials of the cost narrow, stage by stage.

Hazan, Klivans and Yuan 2018, "Hyperparameter Optimization: A Spectral Approach" (ICLR), algorithms 1 to 3. Towers have
`minimum_depth` blocks; the number of the block at each place is written in bits, -1 and +1. When `trials_per_stage`
random towers have completed, a lasso on all products of at most `degree` bits is fitted to their costs; its `monomials`
largest terms are a polynomial of few bits, and the 4 assignments of these bits that minimize it (at most half of all)
are what the space keeps of them. So `stages` times, on the bits that are still free; then towers are random in what is
left.

Where the number of blocks is no power of two, numbers without a block are never drawn, and an assignment that admits
no tower (for want of a block, or because plates stand before vectors) gives way to the next best.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain, islice, product

import numpy as np

from ..architecture import Architecture
from ..spec import SearchSpec
from ..study import History, Trial
from .algorithm import Proposal
from .alphabet import Alphabet, alphabet_of, written
from .choice import first_new
from .evidence import costs_of, ended, known_last
from .fourier import Polynomial, sparse_polynomial
from .remaining import remaining

# Of one stage, but never more than half: a stage without effect would waste its trials.
_ASSIGNMENTS = 4
# Combinations of the assignments of all stages; of more, those of the least sum.
_CUBES = 16
_DRAWS = 200
# Assignments that are looked at together.
_AT_ONCE = 1024
# The stages' trials are among so many first ones of the study.
_LOOKED_AT = 5000


@dataclass(frozen=True)
class Cube:
    """Towers that agree in some bits.

    Attributes:
      fixed: -1 or +1 by bit, 0 where it is free.
      cost: what the polynomials say of it, summed.
    """

    fixed: tuple[int, ...]
    cost: float = 0.0


@dataclass(frozen=True)
class Code:
    """How strings of `places` letters are written in bits, and what is drawn from cubes."""

    alphabet: Alphabet
    places: int

    @property
    def width(self) -> int:
        """Bits of a letter."""
        return bits_of(len(self.alphabet.names))

    @cached_property
    def signs(self) -> np.ndarray:
        """Bits of each letter, (letters, width)."""
        letters = np.arange(len(self.alphabet.names))[:, None]
        return 1 - 2 * (letters >> np.arange(self.width) & 1)

    def bits(self, architecture: Architecture) -> tuple[int, ...] | None:
        """Bits of a tower; None for one of another depth or with another block."""
        letters = self.alphabet.read(architecture)
        if letters is None or len(letters) != self.places:
            return None
        return tuple(self.signs[list(letters)].ravel().tolist())

    def choices(self, cube: Cube) -> list[np.ndarray]:
        """Masks (places, letters) that together admit each tower of a cube once; none for an empty cube."""
        fixed = np.array(cube.fixed).reshape(self.places, 1, self.width)
        allowed = ((fixed == 0) | (fixed == self.signs)).all(axis=2)
        masks = [order & allowed for order in self.alphabet.orders(self.places)]
        return [mask for mask in masks if mask.any(axis=1).all()]

    def possible(self, fixed: np.ndarray) -> np.ndarray:
        """Whether cubes, (rows, bits) of -1, +1 and 0 where free, have a tower: (rows,)."""
        by_place = fixed.reshape(len(fixed), self.places, 1, self.width)
        allowed = ((by_place == 0) | (by_place == self.signs)).all(axis=3)
        letters = range(len(self.alphabet.names))
        front = allowed[:, :, [letter not in self.alphabet.vectors for letter in letters]].any(axis=2)
        back = allowed[:, :, [letter not in self.alphabet.body for letter in letters]].any(axis=2)
        # A turn before place s needs blocks of the body or for any input at all places before s, no body behind.
        whole = np.ones((len(fixed), 1), bool)
        before = np.concatenate([whole, np.logical_and.accumulate(front, axis=1)], axis=1)
        behind = np.concatenate([np.logical_and.accumulate(back[:, ::-1], axis=1)[:, ::-1], whole], axis=1)
        return np.asarray((before & behind).any(axis=1))

    def draw(self, cubes: Sequence[Cube], rng: np.random.Generator) -> tuple[int, ...]:
        """A cube, then one of its towers' strings, each with the same probability."""
        rows, below = _to_draw(self, cubes[int(rng.integers(len(cubes)))])
        letters = rows[int(below.searchsorted(rng.random(), "right"))]
        return tuple(row[int(rng.integers(len(row)))] for row in letters)


@lru_cache(maxsize=1024)
def _to_draw(code: Code, cube: Cube) -> tuple[list[list[list[int]]], np.ndarray]:
    """Of each of a cube's masks the letters that it admits at each place, and the shares of masks summed up."""
    masks = code.choices(cube)
    sizes = np.log([mask.sum(axis=1) for mask in masks]).sum(axis=1)
    below = np.exp(sizes - sizes.max()).cumsum()
    return [[np.flatnonzero(row).tolist() for row in mask] for mask in masks], below / below[-1]


def bits_of(letters: int) -> int:
    """How many bits tell so many letters apart."""
    return (letters - 1).bit_length()


def suggest(spec: SearchSpec, history: History, rng: np.random.Generator) -> Proposal:
    """Proposes a random tower of the space that the stages so far have left; see `SearchAlgorithm`."""
    code = Code(alphabet_of(spec), spec.minimum_depth)
    trials = list(islice(ended(history), _LOOKED_AT))
    stage, cubes = narrowed_space(spec, history, code, trials)
    origin = f"harmonica, stage {stage}" if stage else "random"
    drawn = _distinct(code.draw(cubes, rng) for _ in range(_DRAWS))
    restricted = (Proposal(written(spec, code.alphabet, letters), origin=origin) for letters in drawn)
    new_first = known_last(restricted, history, trials)
    return first_new(chain(new_first, remaining(spec, history, rng, grows=False)), history)


def narrowed_space(
    spec: SearchSpec, history: History, code: Code, trials: Sequence[Trial]
) -> tuple[int, tuple[Cube, ...]]:
    """How many stages are over, and the space they left.

    The trials of a stage are the first `trials_per_stage` of the space so far, by number, behind those of the stage
    before. While one with a lower number than the last of them runs, the stage is not over: so a stage has the same
    trials in whatever order they come in.
    """
    settings, size = spec.harmonica, code.places * code.width
    read = [(trial, bits) for trial in trials if (bits := code.bits(trial.architecture))]
    running = [(trial.number, bits) for trial in history.running() if (bits := code.bits(trial.architecture))]
    cubes: tuple[Cube, ...] = (Cube((0,) * size),)
    begin = last = 0
    for stage in range(settings.stages):
        inside = np.flatnonzero(_admitted(cubes, [bits for _, bits in read[begin:]], size))[: settings.trials_per_stage]
        if len(inside) < settings.trials_per_stage:
            return stage, cubes
        members = [read[begin + place] for place in inside.tolist()]
        first, last = last, members[-1][0].number
        if _admitted(cubes, [bits for number, bits in running if first < number < last], size).any():
            return stage, cubes
        cubes = _after_stage(
            code,
            cubes,
            tuple(bits for _, bits in members),
            tuple(costs_of(history, [trial for trial, _ in members]).tolist()),
            (settings.degree, settings.lasso_penalty, settings.monomials),
        )
        begin += int(inside[-1]) + 1
    return settings.stages, cubes


# The stages of a study are the same at each proposal.
@lru_cache(maxsize=64)
def _after_stage(
    code: Code,
    cubes: tuple[Cube, ...],
    bits: tuple[tuple[int, ...], ...],
    costs: tuple[float, ...],
    settings: tuple[int, float, int],
) -> tuple[Cube, ...]:
    """What trials of some bits and costs leave of a space; settings: degree, penalty and number of monomials."""
    free = [bit for bit, value in enumerate(cubes[0].fixed) if not value]
    return narrowed(code, cubes, sparse_polynomial(np.array(bits), np.array(costs), free, *settings))


def narrowed(code: Code, cubes: Sequence[Cube], polynomial: Polynomial) -> tuple[Cube, ...]:
    """The cubes with the polynomial's bits at each of the best assignments that some tower has.

    These are 4, or half of all where these are fewer than 8.
    """
    variables = polynomial.variables
    if not variables:
        return tuple(cubes)
    assignments = np.array(list(product((1, -1), repeat=len(variables))), np.int8)
    bits = np.zeros((len(assignments), code.places * code.width), np.int8)
    bits[:, list(variables)] = assignments
    values = np.round(polynomial.values(bits), 9)
    order = np.argsort(values, kind="stable")
    kept, wanted = 0, min(_ASSIGNMENTS, len(assignments) // 2)
    found: list[Cube] = []
    for start in range(0, len(order), _AT_ONCE):
        rows = order[start : start + _AT_ONCE]
        smaller = [np.where(np.array(cube.fixed, np.int8) != 0, cube.fixed, bits[rows]) for cube in cubes]
        possible = np.stack([code.possible(fixed) for fixed in smaller], axis=1)
        for place in np.flatnonzero(possible.any(axis=1))[: wanted - kept]:
            kept += 1
            for which in np.flatnonzero(possible[place]).tolist():
                fixed = tuple(int(bit) for bit in smaller[which][place])
                found.append(Cube(fixed, cubes[which].cost + float(values[rows[place]])))
        if kept == wanted:
            break
    return tuple(sorted(found, key=lambda cube: cube.cost)[:_CUBES])


def _admitted(cubes: Sequence[Cube], bits: Sequence[tuple[int, ...]], size: int) -> np.ndarray:
    """Whether rows of so many bits are in one of the cubes, (rows,)."""
    rows = np.array(bits, np.int8).reshape(len(bits), 1, size)
    fixed = np.array([cube.fixed for cube in cubes], np.int8)
    return np.asarray(((fixed == 0) | (fixed == rows)).all(axis=2).any(axis=1))


def _distinct(strings: Iterable[tuple[int, ...]]) -> Iterator[tuple[int, ...]]:
    """Each string once, when it first comes."""
    seen = set()
    for string in strings:
        if string not in seen:
            seen.add(string)
            yield string
