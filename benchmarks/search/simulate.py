"""A search on a table: trainers ask a strategy for architectures and look up what each of them reaches."""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from benchmarks.search.tables import Table
from model_search.algorithms import SearchSpaceExhaustedError
from model_search.architecture import Architecture
from model_search.study import Goal, Objective, Result, Suggestion, Trial, TrialState

Strategy = Callable[["TableHistory", np.random.Generator], tuple[Architecture, tuple[int, ...]]]
"""What proposes: an architecture, and the trials it was made from."""


@dataclass
class TableHistory:
    """The `History` of a simulated study."""

    objective: Objective = field(default_factory=lambda: Objective("accuracy", Goal.MAXIMIZE))
    _completed: dict[int, Trial] = field(default_factory=dict)
    _running: dict[int, Trial] = field(default_factory=dict)
    _ranked: list[tuple[float, int]] = field(default_factory=list)
    _tried: set[Architecture] = field(default_factory=set)

    def best(self, count: int) -> Sequence[Trial]:
        """See `History`."""
        return [self._completed[number] for _, number in self._ranked[:count]]

    def leader(self) -> Trial | None:
        """See `History`."""
        return next(iter(self.best(1)), None)

    def completed_count(self) -> int:
        """See `History`."""
        return len(self._completed)

    def completed(self) -> Sequence[Trial]:
        """See `History`."""
        return [self._completed[number] for number in sorted(self._completed)]

    def running(self) -> Sequence[Trial]:
        """See `History`."""
        return list(self._running.values())

    def stopped(self) -> Sequence[Trial]:
        """See `History`."""
        return []

    def has_failed(self, architecture: Architecture) -> bool:
        """See `History`."""
        return False

    def has_tried(self, architecture: Architecture) -> bool:
        """See `History`."""
        return architecture in self._tried

    def begin(self, number: int, architecture: Architecture, parents: tuple[int, ...] = ()) -> None:
        """A trial starts."""
        suggestion = Suggestion(architecture, {}, parents=parents)
        self._running[number] = Trial(number, TrialState.RUNNING, 1, "", suggestion, None, "", number)
        self._tried.add(architecture)

    def end(self, number: int, accuracy: float) -> None:
        """A trial has completed."""
        trial = self._running.pop(number)
        result = Result(accuracy, 1 - accuracy, {"accuracy": accuracy}, 0, 1.0, "")
        self._completed[number] = Trial(number, TrialState.COMPLETED, 1, "", trial.suggestion, result, "", number)
        self._ranked.append((-accuracy, number))
        self._ranked.sort()


@dataclass(frozen=True)
class Scores:
    """What an architecture reaches: the accuracy that the search sees, and those that it is judged by."""

    seen: float
    validation: float
    test: float


@dataclass(frozen=True)
class Curves:
    """What one search holds for best after each completed trial, (trials,).

    Attributes:
      validation, test: what the architecture with the best accuracy seen is judged by.
      distinct: number of different architectures trained.
    """

    validation: np.ndarray
    test: np.ndarray
    distinct: int


def search(
    strategy: Strategy, evaluate: Callable[[Architecture], Scores], trials: int, trainers: int, seed: int
) -> Curves:
    """One search. A trial lasts a random time, so that trainers are out of step.

    A search that has exhausted its space holds what it has.
    """
    chance = np.random.default_rng([seed, 0])
    history, held = TableHistory(), []
    scores: dict[Architecture, Scores] = {}
    running: list[tuple[float, int, Architecture]] = []
    clock, number, exhausted = 0.0, 0, False
    while len(held) < trials and (running or not exhausted):
        while len(running) < trainers and number < trials and not exhausted:
            try:
                architecture, parents = strategy(history, np.random.default_rng([seed, number + 1]))
            except SearchSpaceExhaustedError:
                exhausted = True
                break
            number += 1
            history.begin(number, architecture, parents)
            heapq.heappush(running, (clock + chance.uniform(0.5, 1.5), number, architecture))
        if running:
            clock, done, architecture = heapq.heappop(running)
            if architecture not in scores:
                scores[architecture] = evaluate(architecture)
            history.end(done, scores[architecture].seen)
            held.append(scores[history.best(1)[0].architecture])
    held += held[-1:] * (trials - len(held))
    return Curves(np.array([s.validation for s in held]), np.array([s.test for s in held]), len(scores))


def looked_up(table: Table, seed: int) -> Callable[[Architecture], Scores]:
    """Scores of a table: each architecture is seen with the accuracy of one seed, and judged by the mean of all."""
    chosen = np.random.default_rng([seed, 1]).integers(table.validation.shape[1], size=len(table.architectures))
    index = table.index

    def evaluate(architecture: Architecture) -> Scores:
        place = index[architecture]
        seen = float(table.validation[place, chosen[place]])
        return Scores(seen, float(table.validation[place].mean()), float(table.test[place].mean()))

    return evaluate
