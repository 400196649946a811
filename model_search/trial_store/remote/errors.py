"""Errors of the contract as gRPC statuses, and back: one table for both ways.

The trailing metadata name the error, so that what the service itself answered is told apart from what happened on the
way to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import grpc

from ...errors import StudyError, UsageError
from ..contract import DuplicateSuggestionError, LeaseLostError, StoreError, StudyMismatchError, UnavailableError

NAME_KEY = "model-search-error"
NUMBER_KEY = "model-search-number"
# Headers have limits of size; see `channel.OPTIONS`.
MESSAGE_LIMIT = 4000

Metadata = tuple[tuple[str, str], ...]


class RefusedError(StoreError):
    """The service lets this client do nothing: a missing or wrong token."""


class TooFastError(StoreError):
    """The client asks more often than the service allows; the same call may succeed a moment later."""


class UnreadableError(StoreError):
    """The service cannot read the request, or will not: too large."""


class ServiceError(StoreError):
    """The service has an error of its own, which its log tells."""


# The first type that fits an error names it.
TABLE: Sequence[tuple[type[Exception], grpc.StatusCode]] = (
    (LeaseLostError, grpc.StatusCode.FAILED_PRECONDITION),
    (DuplicateSuggestionError, grpc.StatusCode.ALREADY_EXISTS),
    (StudyMismatchError, grpc.StatusCode.FAILED_PRECONDITION),
    (UsageError, grpc.StatusCode.INVALID_ARGUMENT),
    (RefusedError, grpc.StatusCode.UNAUTHENTICATED),
    (TooFastError, grpc.StatusCode.RESOURCE_EXHAUSTED),
    (UnreadableError, grpc.StatusCode.INVALID_ARGUMENT),
    (ServiceError, grpc.StatusCode.INTERNAL),
    (UnavailableError, grpc.StatusCode.UNAVAILABLE),
    (StoreError, grpc.StatusCode.FAILED_PRECONDITION),
    (StudyError, grpc.StatusCode.FAILED_PRECONDITION),
    (ValueError, grpc.StatusCode.INVALID_ARGUMENT),
)
_TYPES = {kind.__name__: kind for kind, _ in TABLE}


@dataclass(frozen=True)
class Status:
    """An error on its way to a client."""

    code: grpc.StatusCode
    message: str
    metadata: Metadata


def status_of(error: Exception) -> Status | None:
    """What a client is told of an error; None for an error that the contract does not know."""
    for kind, code in TABLE:
        if isinstance(error, kind):
            number = ((NUMBER_KEY, str(error.number)),) if isinstance(error, DuplicateSuggestionError) else ()
            message = str(error)
            if len(message) > MESSAGE_LIMIT:
                message = f"{message[: MESSAGE_LIMIT - 1]}…"
            return Status(code, message, ((NAME_KEY, kind.__name__), *number))
    return None


def error_of(call: grpc.RpcError) -> Exception | None:
    """The error that the service answered with; None where the call failed on its way."""
    trailing = dict(call.trailing_metadata() or ())
    kind = _TYPES.get(trailing.get(NAME_KEY, ""))
    if kind is None:
        return None
    if kind is DuplicateSuggestionError:
        return DuplicateSuggestionError(int(trailing[NUMBER_KEY]))
    return kind(call.details() or "")
