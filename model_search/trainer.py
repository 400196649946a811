"""A trainer: claims trials and runs them until none is left."""

from collections.abc import Mapping

from .controller import SearchSpaceExhaustedError
from .replay import NotYetError
from .run_trial import run_trial
from .search_parts import Search
from .study import TrialState
from .training.fit import InterruptedTraining
from .trial_store.contract import Claim, LeaseLostError, TrialStore

IDLE_SECONDS = 0.5


def work(search: Search, trainer: str, lease_seconds: float, waits: bool = True) -> str:
    """Runs trials of the study until all of its budget is final, or until `search.stop` is set.

    While others still run the last trials it waits: it takes up what they lose, and where nothing is left to try it
    looks again after each of their trials, which may have opened new ways.

    Args:
      search: the study and all that its trials need.
      trainer: this trainer's name, unlike any other's.
      lease_seconds: how long a trial stays this trainer's without a heartbeat.
      waits: for what others lose; else it ends as soon as there is nothing to claim.

    Returns:
      Why there is nothing left to try although the budget lasts; empty otherwise.

    Raises:
      StudyError: no trial of the study can be run.
    """
    store, study_id = search.store, search.study.id
    ended, seen = "", 0
    while not search.stop.is_set():
        if ended:
            store.reap(study_id)
            counts = store.counts(study_id)
            if _finished(counts) == seen and counts[TrialState.RUNNING]:
                search.stop.wait(IDLE_SECONDS)
                continue
            if _finished(counts) == seen and not counts[TrialState.WAITING]:
                return ended
        seen = _finished(store.counts(study_id))
        claim = store.claim(study_id, trainer, lease_seconds)
        if claim is not None:
            ended = _reason_to_end(search, claim)
        elif not waits or is_finished(store, study_id):
            return ""
        else:
            ended = ""
            search.stop.wait(IDLE_SECONDS)
    return ""


def _reason_to_end(search: Search, claim: Claim) -> str:
    """Runs a claimed trial; why it is the search's end, where it is."""
    try:
        run_trial(search, claim)
        search.retention.prune()
    except NotYetError:
        search.stop.wait(IDLE_SECONDS)
        return ""
    except (LeaseLostError, InterruptedTraining):
        return ""
    except SearchSpaceExhaustedError as error:
        return f"the search ends here: {error}"
    return ""


def _finished(counts: Mapping[TrialState, int]) -> int:
    return sum(count for state, count in counts.items() if state.is_final)


def is_finished(store: TrialStore, study_id: int) -> bool:
    """Whether no trial of the study runs or waits. Meaningful once the budget is handed out."""
    counts = store.counts(study_id)
    return counts[TrialState.RUNNING] + counts[TrialState.WAITING] == 0
