"""A trainer: claims trials and runs them until none is left."""

import threading

from .controller import SearchSpaceExhaustedError
from .run_trial import Search, run_trial
from .study import TrialState
from .training.fit import InterruptedTraining
from .trial_store.contract import LeaseLostError, TrialStore

IDLE_SECONDS = 0.5


def work(search: Search, trainer: str, lease_seconds: float) -> str:
    """Runs trials of the study until all of its budget is final, or until `search.stop` is set.

    While others still run the last trials it waits: it takes up what they lose.

    Args:
      search: the study and all that its trials need.
      trainer: this trainer's name, unlike any other's.
      lease_seconds: how long a trial stays this trainer's without a heartbeat.

    Returns:
      Why there is nothing left to try although the budget lasts; empty otherwise.

    Raises:
      StudyError: no trial of the study can be run.
    """
    while not search.stop.is_set():
        claim = search.store.claim(search.study.id, trainer, lease_seconds)
        if claim is None:
            if is_finished(search.store, search.study.id):
                return ""
            search.stop.wait(IDLE_SECONDS)
            continue
        try:
            run_trial(search, claim)
        except LeaseLostError:
            continue
        except InterruptedTraining:
            return ""
        except SearchSpaceExhaustedError as error:
            return f"the search ends here: {error}"
    return ""


def is_finished(store: TrialStore, study_id: int) -> bool:
    """Whether no trial of the study runs or waits. Meaningful once the budget is handed out."""
    counts = store.counts(study_id)
    return counts[TrialState.RUNNING] + counts[TrialState.WAITING] == 0


class StopAfter:
    """Sets an event when a time is over; a context manager. No limit for 0 seconds."""

    def __init__(self, event: threading.Event, seconds: float):
        self.expired = False
        self._event = event
        self._timer = threading.Timer(seconds, self._stop) if seconds > 0 else None
        if self._timer:
            self._timer.daemon = True

    def _stop(self) -> None:
        self.expired = True
        self._event.set()

    def __enter__(self) -> "StopAfter":
        if self._timer:
            self._timer.start()
        return self

    def __exit__(self, *exception: object) -> None:
        if self._timer:
            self._timer.cancel()
