"""Checks of how trials share weights."""

from ..proto.search_spec_pb2 import SearchSpec, TransferLearningSpec
from .checks import require

AVERAGES = (
    TransferLearningSpec.UNIFORM_AVERAGE_TRANSFER_LEARNING,
    TransferLearningSpec.LOSS_WEIGHTED_AVERAGE_TRANSFER_LEARNING,
)


def check_transfer(spec: SearchSpec) -> None:
    """Checks the settings of weight sharing. Raises `UsageError` for the first thing that is wrong."""
    transfer = spec.transfer_learning_spec
    factor, count = transfer.previous_trials_discount_factor, transfer.max_completed_trials
    field = "transfer_learning_spec"
    require(0 < factor <= 1, f"{field}.previous_trials_discount_factor", factor, "it must be above 0 and at most 1")
    require(count >= 1, f"{field}.max_completed_trials", count, "it must be 1 or more")
    rate = transfer.inherited_rate_factor
    require(0 < rate <= 1, f"{field}.inherited_rate_factor", rate, "it must be above 0 and at most 1")
    is_average = transfer.transfer_learning_type in AVERAGES
    needed = "it needs transfer_learning_type UNIFORM_AVERAGE_... or LOSS_WEIGHTED_AVERAGE_TRANSFER_LEARNING"
    for name in ("previous_trials_discount_factor", "max_completed_trials"):
        value = getattr(transfer, name)
        is_default = value == TransferLearningSpec.DESCRIPTOR.fields_by_name[name].default_value
        require(is_average or is_default, f"{field}.{name}", value, needed)
