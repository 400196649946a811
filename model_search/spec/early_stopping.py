"""What a spec says of stopping trials early."""

import math

from ..proto.search_spec_pb2 import EarlyStoppingSpec, SearchSpec
from .checks import Words, require

_FIELD = "early_stopping"
_FIRST_RUNG = 1 / 9
# The median rule lets half of the trials go on where successive halving lets a third: so it looks more often.
_FACTOR_OF_MEDIAN_RULE = 2
# The second of two trials goes on where it is the better one: a first trial that stops nobody is no evidence.
_OTHERS_OF_HALVING = 1


def rungs(spec: SearchSpec, train_steps: int, last: int) -> tuple[int, ...]:
    """Steps at which a trial of `last` steps is compared with others, in ascending order.

    They are the same for all trials of a study, so that equal steps are compared: `train_steps` is that of the study.
    """
    if not spec.HasField(_FIELD):
        return ()
    own = spec.early_stopping
    first = own.minimum_steps or _FIRST_RUNG
    # A share of the steps as float32 may be a little more than it was written as.
    step = max(1, math.ceil(first * train_steps - 1e-4) if first < 1 else int(first))
    found = []
    while step < last:
        found.append(step)
        step *= own.reduction_factor
    return tuple(found)


def complete_early_stopping(spec: SearchSpec) -> None:
    """Writes out what the older field means, and the numbers that depend on the rule, in place."""
    own = spec.early_stopping
    if spec.enable_fast_termination and not own.rule:
        own.rule = EarlyStoppingSpec.MEDIAN_RULE
    if own.rule == EarlyStoppingSpec.MEDIAN_RULE and not own.HasField("reduction_factor"):
        own.reduction_factor = _FACTOR_OF_MEDIAN_RULE
    if own.rule == EarlyStoppingSpec.SUCCESSIVE_HALVING and not own.HasField("minimum_trials"):
        own.minimum_trials = _OTHERS_OF_HALVING


def check_early_stopping(spec: SearchSpec) -> None:
    """Raises `UsageError` for values that make no sense."""
    if not spec.HasField(_FIELD):
        return
    own = spec.early_stopping
    rule = Words(EarlyStoppingSpec.Rule.Name(own.rule))
    require(bool(own.rule), f"{_FIELD}.rule", rule, "it must be MEDIAN_RULE or SUCCESSIVE_HALVING")
    is_older = own.rule == EarlyStoppingSpec.MEDIAN_RULE or not spec.enable_fast_termination
    require(is_older, f"{_FIELD}.rule", rule, "enable_fast_termination: true means MEDIAN_RULE: remove one of the two")
    require(own.reduction_factor >= 2, f"{_FIELD}.reduction_factor", own.reduction_factor, "it must be 2 or more")
    steps = own.minimum_steps
    is_fit = 0 <= steps < 1 or (math.isfinite(steps) and steps == int(steps) and steps >= 1)
    require(is_fit, f"{_FIELD}.minimum_steps", steps, "it must be a share below 1, or a whole number of steps")
    require(own.minimum_trials >= 1, f"{_FIELD}.minimum_trials", own.minimum_trials, "it must be 1 or more")
