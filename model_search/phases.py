"""What a trial is for: read off the spec and the trial's number alone.

So kinds of trials fall where the spec says, however many trainers there are and in whatever order they finish. Whether
a phase has anything to draw on by then is the controller's question, which searches on where it has not.
"""

from collections.abc import Sequence

from .proto.search_spec_pb2 import EnsemblingSpec
from .spec import SearchSpec
from .study import History, Trial, TrialKind, rank_key


def kind_of(spec: SearchSpec, number: int) -> TrialKind:
    """What trial `number`, from 1, of a completed spec is for.

    - The user's suggestions come first.
    - INTERMIXED: each `try_ensembling_every`-th trial is an ensemble; with distillation the one right after each, once
      past the distillation's `minimal_pool_size`, has a teacher.
    - Else a phase begins behind its `minimal_pool_size` and ends where one with a larger pool begins.

    ADAPTIVE and RESIDUAL ensembles grow by towers that are searched for: their trials are SEARCH, see `stage_of`.
    """
    if number <= len(spec.user_suggestions):
        return TrialKind.SEARCH
    if _mode(spec) == EnsemblingSpec.INTERMIXED_NONADAPTIVE_ENSEMBLE_SEARCH:
        return _intermixed(spec, number)
    phase = _phase(spec, number)
    if phase == "distillation":
        return TrialKind.DISTILLATION
    is_ensemble = phase == "ensemble" and _mode(spec) == EnsemblingSpec.NONADAPTIVE_ENSEMBLE_SEARCH
    return TrialKind.ENSEMBLE if is_ensemble else TrialKind.SEARCH


def is_adaptive(spec: SearchSpec) -> bool:
    """Whether ensembles grow tower by tower."""
    return _mode(spec) in (EnsemblingSpec.ADAPTIVE_ENSEMBLE_SEARCH, EnsemblingSpec.RESIDUAL_ENSEMBLE_SEARCH)


def stage_of(spec: SearchSpec, number: int) -> int:
    """The stage of an ADAPTIVE or RESIDUAL search that a trial belongs to; 0 for trials of one tower.

    Stage 1 begins behind `minimal_pool_size` trials, and the next one every `increase_width_every`.
    """
    if not is_adaptive(spec) or number <= len(spec.user_suggestions) or _phase(spec, number) != "ensemble":
        return 0
    own = spec.ensemble_spec.adaptive_search
    return 1 + (number - own.minimal_pool_size - 1) // own.increase_width_every


def members_of_stage(spec: SearchSpec, number: int, history: History) -> tuple[int, ...]:
    """The trials whose towers stand beside the one that trial `number` searches for; empty for none.

    The best model at the stage's begin: its own members, and then it. If nothing of a stage was better, the next stage
    has the same members: no tower is kept that did not help. All trials of a stage have the members that its earliest
    one was given, whatever completes meanwhile.
    """
    stage = stage_of(spec, number)
    if not stage:
        return ()
    own = spec.ensemble_spec.adaptive_search
    first = own.minimal_pool_size + (stage - 1) * own.increase_width_every + 1
    peers = [
        trial
        for trial in _with_suggestions(history)
        if first <= trial.number < first + own.increase_width_every and trial.number != number and _members(trial)
    ]
    if peers:
        return _members(min(peers, key=lambda trial: trial.number))
    earlier = [trial for trial in history.completed() if trial.number < first]
    if not earlier:
        return ()
    best = min(earlier, key=lambda trial: rank_key(history.objective, trial))
    return (*_members(best), best.number)


def _with_suggestions(history: History) -> Sequence[Trial]:
    return [*history.completed(), *history.running(), *history.stopped()]


def _members(trial: Trial) -> tuple[int, ...]:
    return trial.suggestion.members if trial.suggestion else ()


def _mode(spec: SearchSpec) -> int:
    if not spec.HasField("ensemble_spec"):
        return EnsemblingSpec.UNKNOWN_ENSEMBLE_SEARCH
    return spec.ensemble_spec.ensemble_search_type


def _intermixed(spec: SearchSpec, number: int) -> TrialKind:
    every = spec.ensemble_spec.intermixed_search.try_ensembling_every
    if number % every == 0:
        return TrialKind.ENSEMBLE
    is_next = number > every and number % every == 1 and number - 1 > len(spec.user_suggestions)
    if is_next and spec.HasField("distillation_spec") and number > spec.distillation_spec.minimal_pool_size:
        return TrialKind.DISTILLATION
    return TrialKind.SEARCH


def _phase(spec: SearchSpec, number: int) -> str:
    """The phase that a number falls into where phases follow one another; empty for the search alone."""
    pools = {}
    if is_adaptive(spec):
        pools["ensemble"] = spec.ensemble_spec.adaptive_search.minimal_pool_size
    elif _mode(spec) == EnsemblingSpec.NONADAPTIVE_ENSEMBLE_SEARCH:
        pools["ensemble"] = spec.ensemble_spec.nonadaptive_search.minimal_pool_size
    if spec.HasField("distillation_spec"):
        pools["distillation"] = spec.distillation_spec.minimal_pool_size
    begun = {name: size for name, size in pools.items() if size < number}
    return max(begun, key=lambda name: begun[name], default="")
