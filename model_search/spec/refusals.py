"""What a spec can ask for that this release does not do: refused in a sentence, never ignored.

Building a feature means deleting its lines here.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

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
      values: enum value names that are refused; empty: every value of a scalar that differs from its default, and a
        message in which anything is set.
    """

    field: str
    feature: str
    values: tuple[str, ...] = ()


REFUSALS = (Refusal("pass_label_dict_as_is", "loss and metric functions of the user's own"),)


@dataclass(frozen=True)
class _Setting:
    """Something that a spec sets: a scalar, or a message without content."""

    path: str
    value: str
    is_default: bool


def refuse_unsupported(spec: SearchSpec) -> None:
    """Refuses what the spec asks for and this release does not do.

    Raises:
      UsageError: the first such field.
    """
    for refusal in REFUSALS:
        message: Message = spec
        *parents, name = refusal.field.split(".")
        for parent in parents:
            message = getattr(message, parent)
        field = message.DESCRIPTOR.fields_by_name[name]
        setting = _refused(message, field, refusal)
        if setting is not None:
            raise UsageError(
                f"spec field {setting.path} is {setting.value}; {refusal.feature} is not available in this release:"
                f" {_advice(refusal, field.enum_type)}"
            )


def _refused(message: Message, field: Any, refusal: Refusal) -> _Setting | None:
    """What the spec sets of a refused field (a descriptor); None where it asks for nothing refused."""
    value = getattr(message, field.name)
    if refusal.values:
        chosen = _text(field, value)
        return _Setting(refusal.field, chosen, False) if chosen in refusal.values else None
    if field.message_type is None:
        is_default = value == field.default_value
        return None if is_default else _Setting(refusal.field, _text(field, value), False)
    settings = (
        _settings_in_list(field, value, refusal.field) if is_repeated(field) else _settings_in(value, refusal.field)
    )
    # A completed spec has defaults that nobody wrote: what differs from its default, or is deeper, was asked for.
    return min(settings, key=lambda setting: (setting.is_default, -setting.path.count(".")), default=None)


def _settings_in(message: Message, path: str) -> Iterator[_Setting]:
    """All that is set in a message, at any depth."""
    for field, value in message.ListFields():
        inner = f"{path}.{field.name}"
        yield from _settings_in_list(field, value, inner) if is_repeated(field) else _settings_of(field, value, inner)


def _settings_in_list(field: Any, values: Iterable[object], path: str) -> Iterator[_Setting]:
    for index, value in enumerate(values):
        yield from _settings_of(field, value, f"{path}[{index}]")


def _settings_of(field: Any, value: object, path: str) -> Iterator[_Setting]:
    if isinstance(value, Message) and value.ListFields():
        yield from _settings_in(value, path)
    else:
        yield _Setting(path, _text(field, value), value == field.default_value)


def _text(field: Any, value: Any) -> str:
    if field.message_type is not None:
        return "{}"
    return field.enum_type.values_by_number[value].name if field.enum_type is not None else shown(value)


def _advice(refusal: Refusal, enum_type: Any) -> str:
    """What to write instead: another value of an enum, else nothing."""
    if not refusal.values:
        return f"remove {refusal.field}"
    allowed = [value.name for value in enum_type.values if value.number and value.name not in refusal.values]
    return f"{refusal.field} can be {' or '.join(allowed)}"
