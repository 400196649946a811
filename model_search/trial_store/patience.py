"""How long a call waits for a database that does not answer."""

import logging
import threading
import time

log = logging.getLogger("model_search.trial_store")

STOPPED_SECONDS = 5.0
"""Patience of a program that was told to stop."""


class Patience:
    """Of one store: so many seconds, until `outlast` says that any outage is to be waited out."""

    def __init__(self) -> None:
        self._stop: threading.Event | None = None
        self._told = False

    def outlast(self, stop: threading.Event | None) -> None:
        """See `TrialStore.outlast`."""
        self._stop = stop

    def left(self, begin: float, seconds: float) -> float:
        """Seconds that a call still waits which began at `begin`, by the monotonic clock; 0 or less: no longer.

        Args:
          begin: when it was first tried.
          seconds: what it waits where no outage is to be outlasted.
        """
        waited = time.monotonic() - begin
        if self._stop is None:
            return seconds - waited
        return min(seconds, STOPPED_SECONDS) - waited if self._stop.is_set() else float("inf")

    def tell(self, begin: float, seconds: float, problem: str) -> None:
        """Logs, once an outage that is to be outlasted, that a call has been waiting for longer than `seconds`."""
        if self._stop is not None and not self._told and time.monotonic() - begin > seconds:
            self._told = True
            log.warning("%s; waiting until it answers", problem)

    def answered(self) -> None:
        """The outage is over, if there was one."""
        if self._told:
            self._told = False
            log.warning("the trial database answers again")
