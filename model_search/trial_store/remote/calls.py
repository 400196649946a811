"""Calls of the service: each with a deadline, and again after a failure on the way, for as long as there is patience.

Every call may be repeated: questions change nothing, and writes carry an id by which the service knows them again.
"""

import functools
import random
import time
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import grpc

from ..contract import StoreError, UnavailableError
from ..patience import Patience
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
    grpc.StatusCode.UNAUTHENTICATED: "the token was refused",
    grpc.StatusCode.PERMISSION_DENIED: "the token was refused",
}


class Caller:
    """Makes calls over one channel."""

    def __init__(self, name: str, metadata: tuple[tuple[str, str], ...] = ()):
        """Args: the service's name for messages, and what every call carries."""
        self._name = name
        self._metadata = metadata
        self.patience = Patience()

    def call(
        self,
        method: Callable[..., T],
        request: Any,
        patience: float | None = None,
        seconds: float = CALL_SECONDS,
    ) -> T:
        """The answer to a request.

        Args:
          method: of a stub, one request to one response.
          request: its message.
          patience: seconds after which a service that cannot be reached is an error; by default that of the store.
          seconds: deadline of one try.

        Raises:
          UnavailableError: the service, or the database behind it, does not answer in time.
          StoreError: it refuses; and what the service answers with.
        """
        most = PATIENCE_SECONDS if patience is None else patience
        work = functools.partial(method, request, metadata=self._metadata)
        return self._try(lambda left: work(timeout=left), seconds, most, patience is None)

    def collect(self, method: Callable[..., Iterable[T]], request: Any) -> list[T]:
        """All responses of a method that streams them; the same errors."""
        return self._try(
            lambda left: list(method(request, timeout=left, metadata=self._metadata)),
            STREAM_SECONDS,
            STREAM_SECONDS,
        )

    def work(self, work: Callable[[float, Any], T]) -> T:
        """Whatever `work` does with a file, a deadline in seconds and metadata, as often as needed; the same errors."""
        return self._try(lambda left: work(left, self._metadata), FILE_SECONDS, FILE_SECONDS)

    def _try(self, work: Callable[[float], T], seconds: float, most: float, outlasts: bool = True) -> T:
        """Does the work until it succeeds: each time within `seconds`, again for `most` seconds, or for as long as
        outages are to be outlasted."""
        begin = time.monotonic()
        pause = 0.02
        while True:
            try:
                answer = work(max(0.1, min(seconds, self._left(begin, most, outlasts))))
                self.patience.answered()
                return answer
            except grpc.RpcError as error:
                problem = self._passing(error)
            left = self._left(begin, most, outlasts)
            if left <= 0:
                raise UnavailableError(problem) from None
            if outlasts:
                self.patience.tell(begin, PATIENCE_SECONDS, problem)
            time.sleep(min(left, _jitter.uniform(pause / 2, pause)))
            pause = min(2 * pause, 1.0)

    def _left(self, begin: float, most: float, outlasts: bool) -> float:
        return self.patience.left(begin, most) if outlasts else begin + most - time.monotonic()

    def _passing(self, error: grpc.RpcError) -> str:
        """What failed, where the same call may succeed later; raises where it will not."""
        answered = error_of(error)
        if isinstance(answered, UnavailableError | TooFastError):
            return str(answered)
        if answered is not None:
            raise answered from None
        code, details = error.code(), first_line(error.details())
        final = _FINAL.get(code, "")
        # Of many calls at the same time gRPC's server says the same.
        if code is grpc.StatusCode.RESOURCE_EXHAUSTED and "message larger" in details.lower():
            final = "the message is larger than the service takes"
        if final:
            raise StoreError(f"trial service {self._name}: {final} ({details})") from None
        problem = f"trial service {self._name}: {code.name.lower().replace('_', ' ')}: {details}"
        if "handshake failed" in details.lower():
            raise StoreError(problem) from None
        return problem


def first_line(details: str | None) -> str:
    """The beginning of what gRPC says."""
    lines = (details or "no answer").strip().splitlines()
    return lines[0][:300] if lines else "no answer"
