"""Which depths towers may have now."""

from collections.abc import Iterator

import numpy as np

from ..architecture import Architecture, depth
from ..spec import SearchSpec
from ..spec.towers import role_of
from .algorithm import Proposal
from .random_towers import RandomTowers


def trials_before_depth(spec: SearchSpec, deep: int) -> int:
    """Completed trials needed before a tower may grow to `deep` blocks.

    Entry `deep - 1` of `increase_complexity_minimum_trials`, or its last one; 5 * (deep - 1) where it is empty.
    """
    counts = spec.increase_complexity_minimum_trials
    return counts[min(deep, len(counts)) - 1] if counts else 5 * (deep - 1)


def may_grow(spec: SearchSpec, architecture: Architecture, completed: int) -> bool:
    """Whether a tower may become one block deeper after so many completed trials."""
    deep = depth(architecture, role_of)
    return deep < spec.maximum_depth and completed >= trials_before_depth(spec, deep + 1)


def deepest(spec: SearchSpec, completed: int) -> int:
    """The largest depth that towers may have after so many completed trials; the least is `minimum_depth`."""
    deep = spec.minimum_depth
    while deep < spec.maximum_depth and completed >= trials_before_depth(spec, deep + 1):
        deep += 1
    return deep


def towers_of_any_depth(spec: SearchSpec, completed: int, rng: np.random.Generator, count: int) -> Iterator[Proposal]:
    """So many random towers of the depths that are allowed now, each depth as often."""
    towers, last = RandomTowers(spec), deepest(spec, completed)
    for _ in range(count):
        deep = int(rng.integers(spec.minimum_depth, last + 1))
        yield Proposal(towers.of(deep, rng), origin="random")
