"""When the trial database did not take writes, as one who always tries has seen it."""

import threading
import time
from types import TracebackType

from model_search.trial_store.contract import TrialStore

SLOW_SECONDS, PAUSE_SECONDS = 0.5, 0.1


class Outages:
    """A context manager: a thread that writes again and again; a write that takes more than half a second is an outage.

    Attributes:
      seen: begin and end of each, by the monotonic clock.
    """

    def __init__(self, store: TrialStore, study_id: int):
        self.seen: list[tuple[float, float]] = []
        self._store, self._study_id = store, study_id
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Outages":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._done.wait(PAUSE_SECONDS):
            began = time.monotonic()
            self._store.reap(self._study_id)
            if time.monotonic() - began > SLOW_SECONDS:
                self.seen.append((began, time.monotonic()))
