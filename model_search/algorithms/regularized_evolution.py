"""REGULARIZED_EVOLUTION: the best of a few trials drawn from the newest ones has a child; the oldest die.

Real, Aggarwal, Huang and Le 2019, "Regularized Evolution for Image Classifier Architecture Search" (AAAI), algorithm 1.
A trial's age is its number, so that trainers that end in another order see the same population. A tower dies however
good it is: what only looked good by chance has to show it again in its children.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain

import numpy as np

from ..architecture import Architecture, depth
from ..spec import SearchSpec
from ..spec.towers import role_of
from ..study import History, Trial, rank_key
from .algorithm import Proposal
from .choice import first_new
from .depths import may_grow, towers_of_any_depth
from .edits import deleted, inserted, mutated
from .remaining import remaining

_DRAWS = 200


def suggest(spec: SearchSpec, history: History, rng: np.random.Generator) -> Proposal:
    """Proposes a child of a tournament's winner, or random towers until the population is full."""
    size = spec.regularized_evolution.population_size
    population = history.completed()[-size:]
    children = _children(spec, population, history, rng)
    random = towers_of_any_depth(spec, history.completed_count(), rng, _DRAWS)
    sources = (children, random) if len(population) == size else (random, children)
    return first_new(chain(*sources, remaining(spec, history, rng)), history)


def _children(
    spec: SearchSpec, population: Sequence[Trial], history: History, rng: np.random.Generator
) -> Iterator[Proposal]:
    """Children of the best of a tournament, then, should none be new, of the second best, ..., of those not drawn."""
    completed, size = history.completed_count(), spec.regularized_evolution.tournament_size
    # With replacement, as in the paper's algorithm: one may be drawn twice.
    drawn = set(rng.integers(len(population), size=size).tolist()) if population else set()
    order = sorted(
        range(len(population)), key=lambda place: (place not in drawn, rank_key(history.objective, population[place]))
    )
    for parent in (population[place] for place in order):
        for origin, child in _mutations(spec, parent.architecture, completed, rng):
            yield Proposal(child, (parent.number,), origin)


def _mutations(
    spec: SearchSpec, architecture: Architecture, completed: int, rng: np.random.Generator
) -> Iterator[tuple[str, Architecture]]:
    """All towers one mutation away, with its name: those of a kind that chance chose, then of another, ..."""
    kinds: dict[str, Callable[[], Iterator[Architecture]]] = {"mutate": lambda: mutated(spec, architecture, rng)}
    if may_grow(spec, architecture, completed):
        kinds["insert"] = lambda: inserted(spec, architecture, rng)
    if depth(architecture, role_of) > spec.minimum_depth:
        kinds["delete"] = lambda: deleted(architecture, rng)
    for kind in rng.permutation(list(kinds)).tolist():
        for child in kinds[kind]():
            yield kind, child
