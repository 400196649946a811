"""What a spec trains again: checks, and what the other parts ask of it."""

from typing import Any

from ..architecture import TURNS, Architecture
from ..converters import hyperparameters_from_proto
from ..errors import UsageError
from ..proto.search_spec_pb2 import ReplayTrial, SearchSpec, TowerSuggestion
from ..study import TrialKind
from .checks import check_block, require
from .suggestions import check_hyperparameter
from .towers import role_of, tower

REPLAY = "replay"
"""The origin of a trial that is trained again."""


def replay_count(spec: SearchSpec) -> int:
    """So many trials a replay has: its own, or one for each tower and, for several, their ensemble. 0: no replay."""
    towers = len(spec.replay.towers)
    return len(spec.replay.trials) or towers + (towers > 1)


def replay_entry(spec: SearchSpec, number: int) -> ReplayTrial | None:
    """What trial `number` was, where a spec replays trials."""
    trials = spec.replay.trials
    return trials[number - 1] if number <= len(trials) else None


def original_number(spec: SearchSpec, number: int) -> int:
    """The number that counts for what a trial draws at random: that which it had when it was searched."""
    entry = replay_entry(spec, number)
    return entry.original if entry is not None else number


def replay_needs(spec: SearchSpec, number: int) -> list[int]:
    """Numbers of the trials that must have completed before a replay's trial `number`, in ascending order."""
    entry = replay_entry(spec, number)
    if entry is not None:
        teacher = [entry.teacher] if entry.teacher else []
        return sorted({*entry.members, *teacher, *(start.trial for start in entry.starts)})
    return list(range(1, number)) if number == len(spec.replay.towers) + 1 else []


def check_replay(spec: SearchSpec) -> None:
    """Checks what is to be trained again. Raises `UsageError` for the first thing that is wrong."""
    replay = spec.replay
    if not replay.ListFields():
        return
    require(not spec.user_suggestions, "user_suggestions", "given", "replay excludes it: nothing else is trained")
    require(not (replay.towers and replay.trials), "replay.towers", "given", "replay.trials excludes it")
    require(replay_count(spec) > 0, "replay", "{}", "it must have towers")
    for index, listed in enumerate(replay.towers):
        _check_tower(spec, f"replay.towers[{index}]", listed)
    for index in range(len(replay.trials)):
        _check_trial(spec, f"replay.trials[{index}]", index + 1)
    if replay.trials:
        for name in ("train_steps", "batch_size"):
            require(getattr(replay, name) >= 1, f"replay.{name}", getattr(replay, name), "it must be 1 or more")
        require(0 <= replay.seed < 2**31, "replay.seed", replay.seed, f"it must be from 0 to {2**31 - 1}")
        policies = ("", "mixed_float16", "mixed_bfloat16")
        precision = replay.mixed_precision
        require(precision in policies, "replay.mixed_precision", precision, f"it must be one of {policies}")


def _check_tower(spec: SearchSpec, field: str, listed: TowerSuggestion) -> None:
    architecture = _checked(spec, f"{field}.architecture", list(listed.architecture))
    for name, value in _values(f"{field}.hparams", listed).items():
        check_hyperparameter(spec, f"{field}.hparams", architecture, name, value)


def _check_trial(spec: SearchSpec, field: str, place: int) -> None:
    entry = spec.replay.trials[place - 1]
    kinds = [kind.value for kind in TrialKind]
    require(entry.kind in kinds, f"{field}.kind", entry.kind, f"it must be one of {', '.join(kinds)}")
    require(entry.original >= 1, f"{field}.original", entry.original, "it must be 1 or more")
    is_ensemble = entry.kind == TrialKind.ENSEMBLE.value
    require(bool(entry.members) or not is_ensemble, f"{field}.members", [], "an ensemble has members")
    is_taught = entry.kind == TrialKind.DISTILLATION.value
    taught = "trials of the kind distillation have a teacher, and no others"
    require(bool(entry.teacher) == is_taught, f"{field}.teacher", entry.teacher, taught)
    for needed in replay_needs(spec, place):
        require(1 <= needed < place, field, needed, "a trial is made from trials before it, by their places from 1")
    if entry.architecture or not is_ensemble:
        _checked(spec, f"{field}.architecture", list(entry.architecture))
    _values(f"{field}.hparams", entry)


def _checked(spec: SearchSpec, field: str, names: list[str]) -> Architecture:
    """The tower of these names, whose turn may be left out."""
    require(bool(names), field, names, "it must name at least one block")
    for name in names:
        check_block(spec, field, name)
    arranged = tower(spec, names)
    own = [name for name in arranged if role_of(name) not in TURNS]
    given = [name for name in names if role_of(name) not in TURNS]
    require(own == given and len(names) <= len(arranged), field, names, f"its order is {list(arranged)}")
    return arranged


def _values(field: str, holder: Any) -> dict[str, Any]:
    try:
        return hyperparameters_from_proto(holder.hparams)
    except ValueError as error:
        raise UsageError(f"spec field {field}: {error}") from None
