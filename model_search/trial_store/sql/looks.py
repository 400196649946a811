"""When a claim looks for leases that have expired: that reads all trials that run, so not each time."""

import time

INTERVAL_SECONDS = 1.0
"""A lease that has expired is found so much later at most, where trainers claim new trials without pause."""


class Looks:
    """The looks of one process, for each study."""

    def __init__(self) -> None:
        self._next: dict[int, float] = {}

    def is_due(self, study_id: int) -> bool:
        """Whether the next claim is to look; the one that hears so does it."""
        moment = time.monotonic()
        if moment < self._next.get(study_id, 0.0):
            return False
        self._next[study_id] = moment + INTERVAL_SECONDS
        return True

    def expect(self, study_id: int, seconds: float) -> None:
        """A lease of this process expires in so many seconds, where it is not renewed."""
        self._next[study_id] = min(self._next.get(study_id, 0.0), time.monotonic() + seconds)
