"""Suggestions and hyperparameters as protocol buffer messages and text, and back."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from google.protobuf import text_format

from .architecture import Architecture
from .proto.search_spec_pb2 import HParamDef, HParamType
from .proto.trial_pb2 import Suggestion as SuggestionProto
from .study import HyperparameterValue, Suggestion, TrialKind


def hyperparameters_to_proto(values: Mapping[str, HyperparameterValue]) -> HParamDef:
    """Named values as a message, sorted by name.

    Raises:
      ValueError: a float that float32, which the message has, cannot hold exactly; an integer beyond 64 bits.
      TypeError: a value that is no float, int, str or bool.
    """
    message = HParamDef()
    for name in sorted(values):
        message.hparam.add(key=name, value=_value_to_proto(name, values[name]))
    return message


def hyperparameters_from_proto(message: HParamDef) -> dict[str, HyperparameterValue]:
    """Named values of a message.

    Raises:
      ValueError: a name that is there twice, a list, or no value at all.
    """
    values: dict[str, HyperparameterValue] = {}
    for entry in message.hparam:
        if entry.key in values:
            raise ValueError(f"hyperparameter {entry.key!r} is there twice")
        values[entry.key] = _value_from_proto(entry.key, entry.value)
    return values


def suggestion_to_proto(number: int, suggestion: Suggestion) -> SuggestionProto:
    """What trial `number` trains, as a message."""
    return SuggestionProto(
        trial=number,
        kind=suggestion.kind.value,
        origin=suggestion.origin,
        architecture=list(suggestion.architecture),
        hyperparameters=hyperparameters_to_proto(suggestion.hyperparameters),
        parents=suggestion.parents,
        members=suggestion.members,
        teacher=suggestion.teacher,
    )


def suggestion_from_proto(message: SuggestionProto) -> tuple[int, Suggestion]:
    """The trial's number, and what it trains."""
    return message.trial, Suggestion(
        architecture=Architecture.of(message.architecture),
        hyperparameters=hyperparameters_from_proto(message.hyperparameters),
        kind=TrialKind(message.kind),
        parents=tuple(message.parents),
        origin=message.origin,
        members=tuple(message.members),
        teacher=message.teacher if message.HasField("teacher") else None,
    )


def suggestion_text(number: int, suggestion: Suggestion) -> str:
    """What `suggestion.pbtxt` holds."""
    return text_format.MessageToString(suggestion_to_proto(number, suggestion))


def suggestion_from_text(text: str) -> tuple[int, Suggestion]:
    """Reads what `suggestion_text` wrote.

    Raises:
      google.protobuf.text_format.ParseError: the text is damaged.
    """
    return suggestion_from_proto(text_format.Parse(text, SuggestionProto()))


def _value_to_proto(name: str, value: HyperparameterValue) -> HParamType:
    match value:
        case bool():  # before int: Python's bool is one
            return HParamType(bool_value=value)
        case int():
            return HParamType(int64_value=value)
        case float():
            if float(np.float32(value)) != value:
                raise ValueError(f"hyperparameter {name!r} is {value!r}, which float32 cannot hold exactly")
            return HParamType(float_value=value)
        case str():
            return HParamType(bytes_value=value.encode())
    raise TypeError(f"hyperparameter {name!r} is a {type(value).__name__}; it must be a float, int, str or bool")


def _value_from_proto(name: str, value: HParamType) -> HyperparameterValue:
    kind = value.WhichOneof("kind")
    if kind is None or kind.endswith("_list"):
        raise ValueError(f"hyperparameter {name!r} has {kind or 'no value'}; it must have one value")
    held: Any = getattr(value, kind)
    return held.decode() if kind == "bytes_value" else held
