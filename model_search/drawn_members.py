"""Which trained trials an ensemble is drawn from, and which of them it takes."""

import itertools
import math
from collections.abc import Sequence

import numpy as np

from .proto.search_spec_pb2 import EnsemblingSpec
from .spec import SearchSpec
from .study import History

MOST_DRAWS = 50
"""So many ensembles are drawn for one trial; where all were made before, the trial searches."""

_LISTED = 10_000
"""Up to so many combinations each is drawn once, in an order of its own for each trial."""


def draw_members(spec: SearchSpec, seed: int, number: int, history: History, salt: int) -> tuple[int, ...] | None:
    """Members of trial `number`: `width` of the best `num_trials_to_consider` trials with towers, drawn at random.

    Args:
      spec: with NONADAPTIVE or INTERMIXED ensembles.
      seed: of the study.
      number: of the trial.
      history: of trials with towers of their own, so that ensembles are never members.
      salt: how many earlier answers another trial had already.

    Returns:
      Numbers, ascending; None where too few trials have completed, or as many draws as make sense were made.
    """
    own = _own(spec)
    pool = sorted(trial.number for trial in history.best(own.num_trials_to_consider))
    combinations = math.comb(len(pool), own.width)
    if salt >= min(combinations, MOST_DRAWS):
        return None
    if combinations > _LISTED:
        rng = np.random.default_rng([seed, number, salt, 2])
        return tuple(sorted(int(member) for member in rng.choice(pool, own.width, replace=False)))
    order = np.random.default_rng([seed, number, 2]).permutation(combinations)
    return _combination(pool, own.width, int(order[salt]))


def _own(spec: SearchSpec) -> "EnsemblingSpec.NonadaptiveSearchSpec | EnsemblingSpec.IntermixedSearchSpec":
    own = spec.ensemble_spec
    is_intermixed = own.ensemble_search_type == EnsemblingSpec.INTERMIXED_NONADAPTIVE_ENSEMBLE_SEARCH
    return own.intermixed_search if is_intermixed else own.nonadaptive_search


def _combination(pool: Sequence[int], width: int, place: int) -> tuple[int, ...]:
    return next(itertools.islice(itertools.combinations(pool, width), place, None))
