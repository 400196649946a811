"""What is left of a space when all that a search would rather train is known."""

from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np

from ..spec import SearchSpec
from ..spec.cells import maximum_searched_depth
from ..study import History
from .algorithm import Proposal
from .depths import deepest
from .evidence import ended
from .random_towers import RandomTowers, all_towers, tower_count

_DRAWS = 200
# Towers of a depth are listed where they are not more than this: of more, some draws are new.
_LISTED = 5000


def remaining(
    spec: SearchSpec, history: History, rng: np.random.Generator, *, grows: bool = True
) -> Iterator[Proposal]:
    """Towers that nobody has trained or is training, random ones; every one of them where a depth has few.

    First of the depths that are allowed now. Should these be all known, so deeper ones follow before their time: a
    search neither repeats a tower nor ends while the spec allows another one. Last come known ones. Of a search that
    never `grows` all have `minimum_depth` blocks.
    """
    last = maximum_searched_depth(spec) if grows else spec.minimum_depth
    allowed = range(spec.minimum_depth, min(deepest(spec, history.completed_count()), last) + 1)
    known = {trial.architecture for trial in (*ended(history), *history.running())}
    for depths in (allowed, *([deep] for deep in range(allowed.stop, last + 1))):
        for proposal in chain(_drawn(spec, depths, rng), _listed(spec, depths, rng)):
            if proposal.architecture not in known:
                yield proposal
    yield from _drawn(spec, allowed, rng)


def _drawn(spec: SearchSpec, depths: Sequence[int], rng: np.random.Generator) -> Iterator[Proposal]:
    """Random towers, of each depth as often."""
    towers = RandomTowers(spec)
    for deep in rng.choice(depths, _DRAWS).tolist():
        yield Proposal(towers.of(deep, rng), origin="random")


def _listed(spec: SearchSpec, depths: Sequence[int], rng: np.random.Generator) -> Iterator[Proposal]:
    """All towers of the depths that have few, in random order."""
    few = [deep for deep in depths if tower_count(spec, deep) <= _LISTED]
    towers = [architecture for deep in few for architecture in all_towers(spec, deep)]
    for place in rng.permutation(len(towers)):
        yield Proposal(towers[place], origin="random")
