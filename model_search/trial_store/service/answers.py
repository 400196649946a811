"""The first answer to each write, for those that ask again because it was lost on its way."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from ..contract import StoreError, UnavailableError

KEPT_SECONDS = 300.0
KEPT_ANSWERS = 50_000


class Answers:
    """Does each write once, however often it is asked for, and answers all alike.

    One that is asked for again while it is being done waits for it: so a request that was slow can never be done after
    its repetition. Answers are forgotten after some minutes, and with the process; then the database itself knows
    by the trial's token and state.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._lock = threading.Lock()
        self._known: OrderedDict[str, tuple[float, bytes, Future[Any]]] = OrderedDict()

    def once(
        self, request_id: str, content: bytes, work: Callable[[], Any], patience: float, is_kept: bool = True
    ) -> Any:
        """What `work` gives, or raises, or gave or raised when it was asked for first.

        Args:
          request_id: of the write.
          content: of the request: the same id stands for the same request.
          work: does it.
          patience: seconds to wait for one that is being done.
          is_kept: whether the answer is kept; if not, only those that ask while it is being done share it.

        Raises:
          ValueError: the id was used for another request.
          UnavailableError: it is still being done.
        """
        with self._lock:
            self._forget()
            known = self._known.get(request_id)
            if known is None:
                future: Future[Any] = Future()
                self._known[request_id] = (self._clock(), content, future)
        if known is None:
            return self._first(request_id, future, work, is_kept)
        _, first, future = known
        if first != content:
            raise ValueError("the id of the request belongs to another request")
        try:
            return future.result(patience)
        except TimeoutError:
            raise UnavailableError("the same request is still being answered") from None

    def _first(self, request_id: str, future: "Future[Any]", work: Callable[[], Any], is_kept: bool) -> Any:
        try:
            answer = work()
        except BaseException as error:
            # A database that was not there may be there when it is asked again.
            if not is_kept or isinstance(error, StoreError) or not isinstance(error, Exception):
                self._drop(request_id)
            future.set_exception(error)
            raise
        if not is_kept:
            self._drop(request_id)
        future.set_result(answer)
        return answer

    def _drop(self, request_id: str) -> None:
        with self._lock:
            self._known.pop(request_id, None)

    def _forget(self) -> None:
        latest = self._clock() - KEPT_SECONDS
        while self._known:
            request_id, (begin, _, future) = next(iter(self._known.items()))
            if not future.done() or (begin > latest and len(self._known) <= KEPT_ANSWERS):
                return
            del self._known[request_id]
