"""What a spec can ask for that this release does not do: refused in a sentence, never ignored.

Building a feature means deleting its lines here.
"""

from dataclasses import dataclass

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from ..errors import UsageError
from ..proto.search_spec_pb2 import SearchSpec
from .checks import shown
from .fields import is_repeated


@dataclass(frozen=True)
class Refusal:
    """A field that is refused.

    Attributes:
      field: path of the field, dotted.
      feature: what is not there yet, in words.
      values: enum value names that are refused; empty: every value that differs from the default.
    """

    field: str
    feature: str
    values: tuple[str, ...] = ()


_GENETIC = "genetic search"
_CONSTRAINED = "constrained (cell) search"
_TASKS = "multi-task search"
_RECURRENT = ("RNN_ALL_ACTIVATIONS", "RNN_LAST_ACTIVATIONS")
_SEARCHES = (
    "HARMONICA_SEARCH",
    "CONSTRAINED_ADAPTIVE_COORDINATE_DESCENT",
    "LINEAR_MODEL",
    "ADAPTIVE_COORDINATE_DESCENT_GENETIC",
)
_TRANSFERS = (
    "UNIFORM_AVERAGE_TRANSFER_LEARNING",
    "SNAPSHOT_TRANSFER_LEARNING",
    "LOSS_WEIGHTED_AVERAGE_TRANSFER_LEARNING",
)

REFUSALS = (
    Refusal("problem_type", "searching sequence models", _RECURRENT),
    Refusal("search_type", "this search algorithm", _SEARCHES),
    Refusal("linear_model", "linear-model search"),
    Refusal("num_blocks_in_cell", _CONSTRAINED),
    Refusal("reduction_block_type", _CONSTRAINED),
    Refusal("replicate_cell", _CONSTRAINED),
    Refusal("mutate_probability", _GENETIC),
    Refusal("crossover_probability", _GENETIC),
    Refusal("random_architecture_probability", _GENETIC),
    Refusal("ensemble_spec", "ensembling"),
    Refusal("distillation_spec", "knowledge distillation"),
    Refusal("transfer_learning_spec.transfer_learning_type", "weight sharing between trials", _TRANSFERS),
    Refusal("replay", "replaying architectures"),
    Refusal("multi_task_spec", _TASKS),
    Refusal("primary_task_name", _TASKS),
    Refusal("pass_label_dict_as_is", _TASKS),
    Refusal("merge_losses_of_multitask", _TASKS),
    Refusal("lengths_feature_name", "reading sequence lengths"),
    Refusal("use_synchronous_optimizer", "training one trial on several workers"),
    Refusal("enable_fast_termination", "stopping trials early"),
    Refusal("is_input_shared", "sharing the input layer between towers"),
    Refusal("temperature", "a softmax temperature of exported predictions"),
)


def refuse_unsupported(spec: SearchSpec) -> None:
    """Refuses what the spec asks for and this release does not do.

    Raises:
      UsageError: the first such field.
    """
    for refusal in REFUSALS:
        value = _refused_value(spec, refusal)
        if value is not None:
            raise UsageError(
                f"spec field {refusal.field} asks for {value}, but {refusal.feature} is not available in this release;"
                " remove the field"
            )


def _refused_value(spec: SearchSpec, refusal: Refusal) -> str | None:
    """The value of a refused field, as text for people; None where the spec does not ask for anything refused."""
    message: Message = spec
    *parents, name = refusal.field.split(".")
    for parent in parents:
        message = getattr(message, parent)
    field = message.DESCRIPTOR.fields_by_name[name]
    value = getattr(message, name)
    if refusal.values:
        assert field.enum_type is not None
        chosen = field.enum_type.values_by_number[value].name
        return chosen if chosen in refusal.values else None
    if is_repeated(field):
        return f"{len(value)} entries" if value else None
    if field.message_type is not None:
        return "a phase" if message.HasField(name) and _changes_something(value) else None
    return None if value == field.default_value else shown(value)


def _changes_something(message: Message) -> bool:
    """Whether any field, at any depth, differs from its default."""
    return any(_differs(field, value) for field, value in message.ListFields())


def _differs(field: FieldDescriptor, value: object) -> bool:
    if is_repeated(field):
        return True
    return _changes_something(value) if isinstance(value, Message) else value != field.default_value
