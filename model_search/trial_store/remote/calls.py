"""Calls of the service: each with a deadline, and again after a failure on the way, for as long as there is patience.

Every call may be repeated: questions change nothing, and writes carry an id by which the service knows them again.
"""

import random
import time
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import grpc

from ..contract import StoreError
from .errors import TooFastError, error_of

T = TypeVar("T")

CALL_SECONDS = 15.0
"""Deadline of one try of a call."""
STREAM_SECONDS = 120.0
"""Deadline of one try of a call that streams a history."""
FILE_SECONDS = 600.0
"""The same of a file."""
PATIENCE_SECONDS = 60.0
OPENING_SECONDS = 10.0

_jitter = random.Random()

# What does not pass by waiting, where the service itself has not answered.
_FINAL = {
    grpc.StatusCode.UNIMPLEMENTED: "it is no trial service, or one of another version",
    grpc.StatusCode.RESOURCE_EXHAUSTED: "the message is larger than the service takes",
    grpc.StatusCode.UNAUTHENTICATED: "the token was refused",
    grpc.StatusCode.PERMISSION_DENIED: "the token was refused",
}


class Caller:
    """Makes calls over one channel."""

    def __init__(self, name: str, metadata: tuple[tuple[str, str], ...] = ()):
        """Args: the service's name for messages, and what every call carries."""
        self._name = name
        self._metadata = metadata

    def call(
        self,
        method: Callable[..., T],
        request: Any,
        patience: float = PATIENCE_SECONDS,
        seconds: float = CALL_SECONDS,
    ) -> T:
        """The answer to a request.

        Args:
          method: of a stub, one request to one response.
          request: its message.
          patience: seconds after which a service that cannot be reached is an error.
          seconds: deadline of one try.

        Raises:
          StoreError: the service does not answer in time, or refuses; and what the service answers with.
        """
        return self._try(lambda left: method(request, timeout=left, metadata=self._metadata), patience, seconds)

    def collect(self, method: Callable[..., Iterable[T]], request: Any, patience: float = PATIENCE_SECONDS) -> list[T]:
        """All responses of a method that streams them; the same errors."""
        return self._try(
            lambda left: list(method(request, timeout=left, metadata=self._metadata)),
            max(patience, STREAM_SECONDS),
            STREAM_SECONDS,
        )

    def work(self, work: Callable[[float, Any], T]) -> T:
        """Whatever `work` does with a file, a deadline in seconds and metadata, as often as needed; the same errors."""
        return self._try(lambda left: work(left, self._metadata), FILE_SECONDS, FILE_SECONDS)

    def _try(self, work: Callable[[float], T], patience: float, seconds: float) -> T:
        deadline = time.monotonic() + patience
        pause = 0.02
        while True:
            left = deadline - time.monotonic()
            try:
                return work(max(0.1, min(seconds, left)))
            except grpc.RpcError as error:
                self._check(error, deadline - time.monotonic())
            time.sleep(min(max(0.0, deadline - time.monotonic()), _jitter.uniform(pause / 2, pause)))
            pause = min(2 * pause, 1.0)

    def _check(self, error: grpc.RpcError, left: float) -> None:
        """Raises where the call is not to be tried again."""
        answered = error_of(error)
        if answered is not None and not (isinstance(answered, TooFastError) and left > 0):
            raise answered from None
        code, details = error.code(), first_line(error.details())
        if answered is None and code in _FINAL:
            raise StoreError(f"trial service {self._name}: {_FINAL[code]} ({details})") from None
        if left <= 0 or "handshake failed" in details.lower():
            raise StoreError(f"trial service {self._name}: {code.name.lower().replace('_', ' ')}: {details}") from None


def first_line(details: str | None) -> str:
    """The beginning of what gRPC says."""
    lines = (details or "no answer").strip().splitlines()
    return lines[0][:300] if lines else "no answer"
