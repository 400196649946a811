"""Keeps a claim alive while its trial trains."""

import random
import threading
import time
from types import TracebackType

from .contract import Claim, LeaseLostError, TrialStore, UnavailableError

_jitter = random.Random()


class Heartbeat:
    """Context manager: a thread that extends the lease until the block ends.

    No error of the database ends it. While the database does not answer, it tries again, sooner and with jitter, for as
    long as the lease lasts.

    Attributes:
      lost: set when the trial is no longer this trainer's, or when the lease could not be extended in time, so that
        somebody else may have the trial by now; cleared if a later beat finds that nobody took it.
    """

    def __init__(self, store: TrialStore, claim: Claim, interval: float | None = None):
        """Args: the claim's store, the claim, and seconds between beats (by default a third of the lease)."""
        self.lost = threading.Event()
        self._store = store
        self._claim = claim
        self._interval = claim.lease_seconds / 3 if interval is None else interval
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"heartbeat of trial {claim.number}", daemon=True)

    def __enter__(self) -> "Heartbeat":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        # A beat that waits for a busy database may take its time; it is harmless, so it is not waited for long.
        self._thread.join(timeout=1.0)

    def _run(self) -> None:
        # Counted from before each call: the database's clock started the lease no earlier than that.
        expires = time.monotonic() + self._claim.lease_seconds
        pause = self._interval
        while not self._stopped.wait(pause):
            begin = time.monotonic()
            try:
                self._store.heartbeat(self._claim)
                expires = begin + self._claim.lease_seconds
                pause = self._interval
                self.lost.clear()
            except LeaseLostError:
                self.lost.set()
                return
            except Exception:  # whatever a driver raises while its server restarts
                if time.monotonic() >= expires:
                    self.lost.set()
                pause = _jitter.uniform(0.5, 1.0) * min(self._interval, self._claim.lease_seconds / 10)


def hold(store: TrialStore, claim: Claim, stop: threading.Event) -> None:
    """Extends the lease now, however long the database takes to answer.

    Raises:
      LeaseLostError: the trial is somebody else's.
      UnavailableError: `stop` was set while there was no answer.
    """
    while True:
        try:
            return store.heartbeat(claim)
        except UnavailableError:
            if stop.is_set():
                raise
