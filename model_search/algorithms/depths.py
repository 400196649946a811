"""Which depths towers may have now."""

from collections.abc import Iterator

import numpy as np

from ..spec import SearchSpec
from ..spec.towers import tower
from .algorithm import Proposal
from .coordinate_descent import trials_before_depth
from .edits import searched_blocks


def deepest(spec: SearchSpec, completed: int) -> int:
    """The largest depth that towers may have after so many completed trials; the least is `minimum_depth`."""
    deep = spec.minimum_depth
    while deep < spec.maximum_depth and completed >= trials_before_depth(spec, deep + 1):
        deep += 1
    return deep


def towers_of_any_depth(spec: SearchSpec, completed: int, rng: np.random.Generator, count: int) -> Iterator[Proposal]:
    """So many random towers of the depths that are allowed now, each depth as often."""
    names, last = searched_blocks(spec), deepest(spec, completed)
    for _ in range(count):
        deep = int(rng.integers(spec.minimum_depth, last + 1))
        yield Proposal(tower(spec, rng.choice(names, deep).tolist()), origin="random")
