"""When the trial database did not take writes, as one who always tries has seen it."""

import time

from fleet.watcher import Watcher
from model_search.trial_store.contract import TrialStore

SLOW_SECONDS, PAUSE_SECONDS = 0.5, 0.1


class Outages(Watcher):
    """Writes again and again; a write that takes more than half a second is an outage.

    Attributes:
      seen: begin and end of each, by the monotonic clock.
    """

    def __init__(self, store: TrialStore, study_id: int):
        super().__init__(PAUSE_SECONDS)
        self.seen: list[tuple[float, float]] = []
        self._store, self._study_id = store, study_id

    def look(self) -> None:
        """Takes the study's row as every change of a trial does."""
        began = time.monotonic()
        self._store.prune(self._study_id, [], 0)
        if time.monotonic() - began > SLOW_SECONDS:
            self.seen.append((began, time.monotonic()))
