"""REGULARIZED_EVOLUTION: the best of a few trials drawn from the newest ones has a child; the oldest die.

Real, Aggarwal, Huang and Le 2019, "Regularized Evolution for Image Classifier Architecture Search" (AAAI), algorithm 1.
A trial's age is its number, so that trainers that end in another order see the same population. A tower dies however
good it is: what only looked good by chance has to show it again in its children.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from ..architecture import Architecture, depth
from ..spec import SearchSpec
from ..spec.towers import role_of
from ..study import History, Trial, rank_key
from . import random_search
from .algorithm import Proposal
from .choice import first_new
from .depths import may_grow
from .edits import deleted, inserted, mutated


def suggest(spec: SearchSpec, history: History, rng: np.random.Generator) -> Proposal:
    """Proposes a child of a tournament's winner, or random towers until the population is full."""
    size = spec.regularized_evolution.population_size
    population = history.completed()[-size:]
    children = _children(spec, population, history, rng)
    random = random_search.candidates(spec, rng)
    order = (children, random) if len(population) == size else (random, children)
    return first_new((proposal for source in order for proposal in source), history)


def _children(
    spec: SearchSpec, population: Sequence[Trial], history: History, rng: np.random.Generator
) -> Iterator[Proposal]:
    """Children of the best of a tournament, then, should none be new, of the second best, ..."""
    count = min(spec.regularized_evolution.tournament_size, len(population))
    drawn = [population[index] for index in rng.choice(len(population), count, replace=False)] if count else []
    completed = history.completed_count()
    for parent in sorted(drawn, key=lambda trial: rank_key(history.objective, trial)):
        for origin, child in _mutations(spec, parent.architecture, completed, rng):
            yield Proposal(child, (parent.number,), origin)


def _mutations(
    spec: SearchSpec, architecture: Architecture, completed: int, rng: np.random.Generator
) -> Iterator[tuple[str, Architecture]]:
    """All towers one mutation away, with its name: those of a kind that chance chose, then of another, ..."""
    kinds: dict[str, Callable[[], Iterator[Architecture]]] = {"mutate": lambda: mutated(spec, architecture, rng)}
    if may_grow(spec, architecture, completed):
        kinds["insert"] = lambda: inserted(spec, architecture, rng)
    if depth(architecture, role_of) > 1:
        kinds["delete"] = lambda: deleted(architecture, rng)
    for kind in rng.permutation(list(kinds)).tolist():
        for child in kinds[kind]():
            yield kind, child
