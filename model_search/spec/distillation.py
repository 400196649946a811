"""What a spec says of knowledge distillation: the loss by which a teacher teaches."""

import math
from dataclasses import dataclass

from ..proto.search_spec_pb2 import DistillationSpec, SearchSpec
from .checks import Words, require
from .replay import original_number

_FIELD = "distillation_spec"
_BALANCE = f"{_FIELD}.balance_losses_spec"

_TYPES = "MSE_LOGITS, MSE_SOFTMAX, CROSS_ENTROPY or ADAPTIVELY_BALANCE_LOSSES"


@dataclass(frozen=True)
class Lesson:
    """How a teacher teaches one trial.

    Attributes:
      kind: a `DistillationSpec.DistillationType`.
      temperature: the teacher's logits are divided by it where probabilities are compared; above 0.
      weight: lambda, the factor of the teacher's part where labels are learned from too.
    """

    kind: int
    temperature: float = 1.0
    weight: float = 1.0

    @property
    def has_labels(self) -> bool:
        """Whether the trial learns from the labels too."""
        return self.kind == DistillationSpec.ADAPTIVELY_BALANCE_LOSSES


def lesson_of(spec: SearchSpec, number: int) -> Lesson:
    """The lesson of trial `number`, if it has a teacher."""
    own = spec.distillation_spec
    return Lesson(own.distillation_type, own.temperature, ramp(own, original_number(spec, number)))


def ramp(spec: DistillationSpec, number: int) -> float:
    """Lambda of trial `number`: the minimum up to `minimal_pool_size`, from there linearly to the maximum, which is
    reached `num_ramp_trials` trials later and stays. Without a ramp both are the same."""
    own = spec.balance_losses_spec
    done = (number - spec.minimal_pool_size) / own.num_ramp_trials if own.num_ramp_trials else 0.0
    return float(own.minimum_lambda + (own.maximum_lambda - own.minimum_lambda) * min(max(done, 0.0), 1.0))


def lambda_of(spec: SearchSpec, number: int) -> float | None:
    """Lambda of trial `number`, if it has a teacher; None where losses are not balanced."""
    lesson = lesson_of(spec, number)
    return lesson.weight if lesson.has_labels else None


def check_distillation(spec: SearchSpec) -> None:
    """Raises `UsageError` for values that make no sense."""
    own = spec.distillation_spec
    if not own.ListFields():
        return
    kind = Words(DistillationSpec.DistillationType.Name(own.distillation_type))
    require(bool(own.distillation_type), f"{_FIELD}.distillation_type", kind, f"it must be {_TYPES}")
    pool = own.minimal_pool_size
    require(pool >= 0, f"{_FIELD}.minimal_pool_size", pool, "it must be 0 or more")
    is_positive = 0 < own.temperature < math.inf
    require(is_positive, f"{_FIELD}.temperature", own.temperature, "it must be a finite number above 0")
    if own.distillation_type == DistillationSpec.ADAPTIVELY_BALANCE_LOSSES:
        _check_ramp(own)
    else:
        _check_no_ramp(own, kind)


def _check_ramp(spec: DistillationSpec) -> None:
    own = spec.balance_losses_spec
    trials, low, high = own.num_ramp_trials, own.minimum_lambda, own.maximum_lambda
    for name, value in (("minimum_lambda", low), ("maximum_lambda", high)):
        require(0 <= value < math.inf, f"{_BALANCE}.{name}", value, "it must be a finite number from 0")
    allowed = f"it must not be above maximum_lambda, which is {high:.6g}"
    require(low <= high, f"{_BALANCE}.minimum_lambda", low, allowed)
    # Published specs leave the ramp out: lambda is then the same for all trials.
    needed = f"lambda rises from {low:.6g} to {high:.6g} in 1 or more trials"
    require(trials >= 1 or (trials == 0 and low == high), f"{_BALANCE}.num_ramp_trials", trials, needed)


def _check_no_ramp(spec: DistillationSpec, kind: Words) -> None:
    fits = not spec.HasField("balance_losses_spec")
    wanted = f"{_BALANCE} belongs to ADAPTIVELY_BALANCE_LOSSES: remove it, or take that type"
    require(fits, f"{_FIELD}.distillation_type", kind, wanted)
