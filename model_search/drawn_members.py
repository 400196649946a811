"""Which trained trials an ensemble is drawn from, and which of them it takes."""

import itertools
import math
from collections.abc import Callable, Sequence

import numpy as np

from .proto.search_spec_pb2 import EnsemblingSpec
from .spec import SearchSpec
from .study import History, Trial

MOST_DRAWS = 50
"""So many ensembles are drawn for one trial; where all were made before, the trial searches."""

_LISTED = 10_000
"""Up to so many combinations each is drawn once, in an order of its own for each trial."""

Fits = Callable[[Sequence[Trial]], bool]
"""Whether the networks of completed trials together are within the limits on costs."""


def no_limit(trials: Sequence[Trial]) -> bool:
    """Fits where nothing is limited."""
    return True


def draw_members(
    spec: SearchSpec, seed: int, number: int, history: History, salt: int, fits: Fits = no_limit
) -> tuple[int, ...] | None:
    """Members of trial `number`: `width` of the best `num_trials_to_consider` trials with towers, drawn at random.

    Where no `width` of these fit together, the next best ones are considered too, until some do.

    Args:
      spec: with NONADAPTIVE or INTERMIXED ensembles.
      seed: of the study.
      number: of the trial.
      history: of trials with towers of their own, so that ensembles are never members.
      salt: how many earlier answers another trial had already.
      fits: what members must do together.

    Returns:
      Numbers, ascending; None where too few trials have completed or no `width` of them fit together, or as many draws
      as make sense were made.
    """
    own, pool = _own(spec), drawn_from(spec, history, fits)
    combinations = math.comb(len(pool), own.width)
    if combinations <= _LISTED:
        fitting = [members for members in itertools.combinations(pool, own.width) if fits(members)]
        order = np.random.default_rng([seed, number, 2]).permutation(len(fitting))
        return _numbers(fitting[order[salt]]) if salt < min(len(fitting), MOST_DRAWS) else None
    if salt >= MOST_DRAWS:
        return None
    rng = np.random.default_rng([seed, number, salt, 2])
    for _ in range(_LISTED):
        members = [pool[place] for place in sorted(rng.choice(len(pool), own.width, replace=False))]
        if fits(members):
            return _numbers(members)
    return None


def drawn_from(spec: SearchSpec, history: History, fits: Fits = no_limit) -> list[Trial]:
    """What members are drawn from, by number: the best trials, and of these none that fits with no others; empty where
    that makes no ensemble."""
    count, width = _own(spec).num_trials_to_consider, _own(spec).width
    while True:
        best = history.best(count)
        # What is least by one cost need not be by another, and any of them may be limited.
        for cost in (_parameters, _flops, _latency):
            smallest = sorted(best, key=cost)[:width]
            if len(smallest) == width and fits(smallest):
                with_others = [t for t in best if t in smallest or fits([t, *smallest[: width - 1]])]
                return sorted(with_others, key=lambda trial: trial.number)
        if len(best) < count:
            return []
        count *= 2


def _parameters(trial: Trial) -> float:
    return trial.result.parameters if trial.result else 0


def _flops(trial: Trial) -> float:
    flops = trial.result.flops if trial.result else None
    return math.inf if flops is None else flops


def _latency(trial: Trial) -> float:
    return (trial.result.latency_ms or 0.0) if trial.result else 0.0


def _numbers(members: Sequence[Trial]) -> tuple[int, ...]:
    return tuple(trial.number for trial in members)


def _own(spec: SearchSpec) -> "EnsemblingSpec.NonadaptiveSearchSpec | EnsemblingSpec.IntermixedSearchSpec":
    own = spec.ensemble_spec
    is_intermixed = own.ensemble_search_type == EnsemblingSpec.INTERMIXED_NONADAPTIVE_ENSEMBLE_SEARCH
    return own.intermixed_search if is_intermixed else own.nonadaptive_search
