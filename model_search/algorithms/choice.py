"""Which of the candidates is taken, seen what has been tried."""

from collections.abc import Iterable

from ..architecture import Architecture
from ..study import History
from .algorithm import Proposal, SearchSpaceExhaustedError


def first_new(candidates: Iterable[Proposal], history: History) -> Proposal:
    """The first candidate that nobody has trained or is training; failing that, the first that has not failed.

    Raises:
      SearchSpaceExhaustedError: every candidate has failed.
    """
    tried = {trial.architecture for trial in (*history.completed(), *history.running())}
    again: Proposal | None = None
    failed: dict[Architecture, bool] = {}
    for candidate in candidates:
        architecture = candidate.architecture
        if architecture not in failed:
            failed[architecture] = history.has_failed(architecture)
        if failed[architecture]:
            continue
        if architecture not in tried:
            return candidate
        again = again or candidate
    if again is None:
        raise SearchSpaceExhaustedError(f"each of the {len(failed)} architectures that the search can reach has failed")
    return again
