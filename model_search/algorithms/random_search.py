"""NONADAPTIVE_RANDOM_SEARCH: independent random towers of `minimum_depth` blocks."""

from collections.abc import Iterator
from itertools import chain, islice

import numpy as np

from ..spec import SearchSpec
from ..study import History
from .algorithm import Proposal
from .choice import first_new
from .random_towers import random_towers
from .remaining import remaining

_DRAWS = 200


def suggest(spec: SearchSpec, history: History, rng: np.random.Generator) -> Proposal:
    """Proposes a random tower; see `SearchAlgorithm`."""
    return first_new(chain(candidates(spec, rng), remaining(spec, history, rng, grows=False)), history)


def candidates(spec: SearchSpec, rng: np.random.Generator) -> Iterator[Proposal]:
    """A bounded number of random towers."""
    return (Proposal(architecture, origin="random") for architecture in islice(random_towers(spec, rng), _DRAWS))
