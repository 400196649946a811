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
    again: Proposal | None = None
    failed: set[Architecture] = set()
    seen: set[Architecture] = set()
    for candidate in candidates:
        architecture = candidate.architecture
        if architecture in seen:
            continue
        seen.add(architecture)
        if history.has_failed(architecture):
            failed.add(architecture)
        elif not history.has_tried(architecture):
            return candidate
        else:
            again = again or candidate
    if again is None:
        raise SearchSpaceExhaustedError(f"each of the {len(failed)} architectures that the search can reach has failed")
    return again
