"""Defaults made explicit, and the one text that a spec has."""

from google.protobuf import text_format
from google.protobuf.message import Message

from ..proto.search_spec_pb2 import SearchSpec, SearchType, TransferLearningSpec
from .early_stopping import complete_early_stopping
from .ensembles import complete_ensembles
from .fields import is_repeated
from .names import DEFAULT_OPTIMIZERS

DEFAULT_AUXILIARY_WEIGHT = 0.4


def complete(spec: SearchSpec) -> SearchSpec:
    """A copy with every default explicit, so that two specs that mean the same are equal.

    Phases that the spec leaves out or empty (ensembles, distillation ...) stay out; early stopping without a rule is
    kept, to be refused. The given spec is not changed.
    """
    completed = SearchSpec()
    completed.CopyFrom(spec)
    if completed.search_type == SearchType.UNKNOWN_SEARCH_TYPE:
        completed.search_type = SearchType.ADAPTIVE_COORDINATE_DESCENT
    if completed.use_auxiliary_head and not completed.HasField("auxiliary_head_loss_weight"):
        completed.auxiliary_head_loss_weight = DEFAULT_AUXILIARY_WEIGHT
    complete_early_stopping(completed)
    complete_ensembles(completed)
    for field, value in completed.ListFields():
        is_empty = not is_repeated(field) and field.message_type is not None and not value.ListFields()
        if is_empty and field.name != "early_stopping":
            completed.ClearField(field.name)
    completed.learning_spec.SetInParent()
    if not completed.learning_spec.optimizers:
        completed.learning_spec.optimizers.extend(DEFAULT_OPTIMIZERS)
    _fill(completed)
    # Studies that were stored before these fields came have specs without them.
    if not completed.second_objective:
        completed.ClearField("second_objective")
    if completed.HasField("transfer_learning_spec"):
        _clear_what_has_no_effect(completed.transfer_learning_spec)
    return completed


def _clear_what_has_no_effect(transfer: TransferLearningSpec) -> None:
    if transfer.transfer_learning_type != TransferLearningSpec.SNAPSHOT_TRANSFER_LEARNING:
        transfer.ClearField("grow_from_identity")
    if transfer.transfer_learning_type <= TransferLearningSpec.NO_TRANSFER_LEARNING:
        transfer.ClearField("inherited_rate_factor")


def _fill(message: Message) -> None:
    """Sets absent scalar fields to their defaults, in this message and in those that are there below it."""
    for field in message.DESCRIPTOR.fields:
        if is_repeated(field):
            if field.message_type is not None:
                for entry in getattr(message, field.name):
                    _fill(entry)
        elif field.message_type is not None:
            if message.HasField(field.name):
                _fill(getattr(message, field.name))
        elif field.containing_oneof is None and not message.HasField(field.name):
            setattr(message, field.name, field.default_value)


def canonical_text(spec: SearchSpec) -> str:
    """Text of a spec: fields by number, one a line. Equal specs have equal text, and parsing it gives the spec back."""
    return text_format.MessageToString(spec)
