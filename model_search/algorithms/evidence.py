"""What regressions see of a history, at a cost that does not grow with the study."""

import heapq
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from ..architecture import Architecture
from ..study import History, Trial
from .algorithm import Proposal

BEST, NEWEST = 200, 200


def ended(history: History) -> Iterator[Trial]:
    """Completed and stopped trials, by number."""
    return heapq.merge(history.completed(), history.stopped(), key=lambda trial: trial.number)


def evidence(history: History, best: int = BEST, newest: int = NEWEST) -> list[Trial]:
    """Completed and stopped trials, by number: all, or where they are more the best and the newest, so many of each."""
    trials = list(ended(history))
    if len(trials) <= best + newest:
        return trials
    chosen = {trial.number: trial for trial in (*history.best(best), *trials[-newest:])}
    return [chosen[number] for number in sorted(chosen)]


def costs_of(history: History, trials: Sequence[Trial]) -> np.ndarray:
    """Objectives of trials that have ended as something to minimize, (trials,)."""
    return np.array([history.objective.cost(trial.result.objective) for trial in trials if trial.result is not None])


def known_last(candidates: Iterable[Proposal], history: History, trials: Sequence[Trial]) -> Iterator[Proposal]:
    """The candidates, those of these trials and of running ones behind all others.

    So the database is asked of few: what it would say of the known ones is in memory.
    """
    known: set[Architecture] = {trial.architecture for trial in (*trials, *history.running())}
    late = []
    for candidate in candidates:
        if candidate.architecture in known:
            late.append(candidate)
        else:
            yield candidate
    yield from late
