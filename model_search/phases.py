"""What a trial is for: read off the spec and the trial's number alone.

So kinds of trials fall where the spec says, however many trainers there are and in whatever order they finish. Whether
a phase has anything to draw on by then is the controller's question, which searches on where it has not.
"""

from collections.abc import Sequence

from .drawn_members import Fits, no_limit
from .proto.search_spec_pb2 import EnsemblingSpec
from .spec import SearchSpec
from .study import History, Trial, TrialKind, TrialState, rank_key


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


def draws_members(spec: SearchSpec) -> bool:
    """Whether ensembles are drawn from towers that were trained apart."""
    return _mode(spec) in (
        EnsemblingSpec.NONADAPTIVE_ENSEMBLE_SEARCH,
        EnsemblingSpec.INTERMIXED_NONADAPTIVE_ENSEMBLE_SEARCH,
    )


def stage_of(spec: SearchSpec, number: int) -> int:
    """The stage of an ADAPTIVE or RESIDUAL search that a trial belongs to; 0 for trials of one tower.

    Stage 1 begins behind `minimal_pool_size` trials, and the next one every `increase_width_every`.
    """
    if not is_adaptive(spec) or number <= len(spec.user_suggestions) or _phase(spec, number) != "ensemble":
        return 0
    own = spec.ensemble_spec.adaptive_search
    return 1 + (number - own.minimal_pool_size - 1) // own.increase_width_every


def members_of_stage(spec: SearchSpec, number: int, history: History, fits: Fits = no_limit) -> tuple[int, ...]:
    """The trials whose towers stand beside the one that trial `number` searches for; empty for none.

    The best model at the stage's begin: its own members, and then it. If nothing of a stage was better, the next stage
    has the same members: no tower is kept that did not help.

    One trial opens a stage: its first one, or where that is infeasible the next. All others have the members that it
    was given, whatever completes meanwhile; those that ask before it was given any still belong to the stage before. So
    a stage has one set, whoever asks when.

    Args:
      spec: completed.
      number: of the trial.
      history: of the study.
      fits: whether networks together are within the limits on costs: members leave room for the smallest tower so far.
    """
    stage = stage_of(spec, number)
    if not stage:
        return ()
    numbers, failed = _numbers(spec, stage), set[int]()
    for earlier in (n for n in numbers if n < number):
        opener = history.trial(earlier)
        if opener is None or (opener.suggestion is not None and not _members(opener)):
            continue
        if opener.state is not TrialState.INFEASIBLE:
            return _members(opener) or _settled(spec, stage - 1, history)
        failed |= {*_members(opener)[-1:]}
    # This trial opens the stage. What others have of an earlier proposal of its own, which was refused, stays theirs.
    before = _settled(spec, stage - 1, history)
    later = [_members(t) for t in _with_suggestions(history) if t.number in numbers and t.number > number]
    given = [members for members in later if members not in ((), before)]
    return given[0] if given else _best_before(numbers[0], history, failed, fits)


def _numbers(spec: SearchSpec, stage: int) -> list[int]:
    """The trials of a stage."""
    own = spec.ensemble_spec.adaptive_search
    first = own.minimal_pool_size + (stage - 1) * own.increase_width_every + 1
    return [number for number in range(first, first + own.increase_width_every) if stage_of(spec, number) == stage]


def _settled(spec: SearchSpec, stage: int, history: History) -> tuple[int, ...]:
    """The members of a stage that is over: those that a trial of it was given, else those of the stage before."""
    for number in _numbers(spec, stage) if stage else ():
        trial = history.trial(number)
        if trial is not None and trial.state is not TrialState.INFEASIBLE and _members(trial):
            return _members(trial)
    return _settled(spec, stage - 1, history) if stage else ()


def _best_before(first: int, history: History, failed: set[int], fits: Fits) -> tuple[int, ...]:
    """The best model of the trials before `first`: its members, and it. None that a trial of the stage failed with: its
    files may be gone."""
    earlier = [trial for trial in history.completed() if trial.number < first]
    alone = [trial for trial in earlier if not _members(trial)]
    smallest = sorted(alone, key=lambda trial: trial.result.parameters if trial.result else 0)[:1]
    able = [trial for trial in earlier if trial.number not in failed and fits([trial, *smallest])]
    if not able:
        return ()
    best = min(able, key=lambda trial: rank_key(history.objective, trial))
    return (*_members(best), best.number)


def _with_suggestions(history: History) -> Sequence[Trial]:
    found = [*history.completed(), *history.running(), *history.stopped()]
    return sorted(found, key=lambda trial: trial.number)


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
