"""ADAPTIVE_COORDINATE_DESCENT_GENETIC: mutation, crossover and random towers, each by its probability; else descent.

The operators of a genetic algorithm (Holland 1975, "Adaptation in Natural and Artificial Systems", chapter 6) on the
beam of `coordinate_descent`: parents are always among the best `beam_size` trials.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice

import numpy as np

from ..architecture import Architecture, depth
from ..spec import SearchSpec
from ..spec.towers import role_of
from ..study import History, Trial
from . import coordinate_descent
from .algorithm import Proposal
from .beam import beam_of
from .choice import first_new
from .depths import trials_before_depth
from .edits import crossed, mutated
from .random_towers import RandomTowers

# Children of an operator that are looked at before descent has its turn.
_DRAWS = 200

_Operator = Callable[[SearchSpec, Sequence[Trial], int, np.random.Generator], Iterator[Proposal]]


def suggest(spec: SearchSpec, history: History, rng: np.random.Generator) -> Proposal:
    """Proposes what the operator that chance chose makes of the beam, or a random tower until the beam is full."""
    completed, beam = history.completed_count(), beam_of(spec, history)
    random = coordinate_descent.first_towers(spec, completed, rng)
    children = islice(_chosen(spec, rng)(spec, beam, completed, rng), _DRAWS) if beam else ()
    edits = coordinate_descent.candidates(spec, beam, completed, rng, coordinate_descent.behind(beam, history))
    return first_new(chain(random, children, edits, coordinate_descent.left(spec, history, rng)), history)


def _chosen(spec: SearchSpec, rng: np.random.Generator) -> _Operator:
    """An operator by the probabilities of the spec; what they leave of 1 is descent's."""
    shares = {
        _mutations: spec.mutate_probability,
        _crossovers: spec.crossover_probability,
        _random: spec.random_architecture_probability,
    }
    point = rng.random()
    for operator, share in shares.items():
        if point < share:
            return operator
        point -= share
    return coordinate_descent.candidates


def _mutations(spec: SearchSpec, beam: Sequence[Trial], completed: int, rng: np.random.Generator) -> Iterator[Proposal]:
    """Towers that differ at one place from one of the beam, then from another."""
    for index in rng.permutation(len(beam)):
        for child in mutated(spec, beam[index].architecture, rng):
            yield Proposal(child, (beam[index].number,), "mutate")


def _crossovers(
    spec: SearchSpec, beam: Sequence[Trial], completed: int, rng: np.random.Generator
) -> Iterator[Proposal]:
    """Beginnings of one tower of the beam before ends of another, then such of another two."""
    pairs = [(first, second) for first in range(len(beam)) for second in range(len(beam)) if first != second]
    for pair in rng.permutation(len(pairs)):
        first, second = (beam[index] for index in pairs[pair])
        deepest = max(_depth(first.architecture), _depth(second.architecture))
        children = crossed(first.architecture, second.architecture)
        for place in rng.permutation(len(children)):
            deep = _depth(children[place])
            may_be = deep <= deepest or completed >= trials_before_depth(spec, deep)
            if deep <= spec.maximum_depth and may_be:
                yield Proposal(children[place], (first.number, second.number), "crossover")


def _random(spec: SearchSpec, beam: Sequence[Trial], completed: int, rng: np.random.Generator) -> Iterator[Proposal]:
    """Random towers, of depths from the first towers' to that of the deepest of the beam, without end."""
    towers = RandomTowers(spec)
    deepest = max(spec.minimum_depth, *(_depth(trial.architecture) for trial in beam))
    while True:
        deep = int(rng.integers(spec.minimum_depth, deepest + 1))
        yield Proposal(towers.of(deep, rng), origin="random")


def _depth(architecture: Architecture) -> int:
    return depth(architecture, role_of)
