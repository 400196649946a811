"""Studies in memory, for tests of what reads a history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from model_search.architecture import Architecture
from model_search.study import (
    TOWER_KINDS,
    Goal,
    HyperparameterValue,
    Objective,
    Result,
    Suggestion,
    Trial,
    TrialState,
    rank_key,
)


@dataclass
class MemoryHistory:
    """A history of trials given as they are."""

    trials: list[Trial] = field(default_factory=list)
    objective: Objective = field(default_factory=lambda: Objective("accuracy", Goal.MAXIMIZE))

    def trial(self, number: int) -> Trial | None:
        return next((trial for trial in self.trials if trial.number == number), None)

    def best(self, count: int) -> Sequence[Trial]:
        return sorted(self.completed(), key=lambda trial: rank_key(self.objective, trial))[:count]

    def leader(self) -> Trial | None:
        return min(self._in(TrialState.COMPLETED), key=lambda trial: rank_key(self.objective, trial), default=None)

    def completed_count(self) -> int:
        return len(self._in(TrialState.COMPLETED))

    def completed(self) -> Sequence[Trial]:
        return [trial for trial in self._in(TrialState.COMPLETED) if trial.suggestion.kind in TOWER_KINDS]

    def running(self) -> Sequence[Trial]:
        running = self._in(TrialState.RUNNING)
        return [trial for trial in running if trial.suggestion and trial.suggestion.kind in TOWER_KINDS]

    def stopped(self) -> Sequence[Trial]:
        return [trial for trial in self._in(TrialState.STOPPED) if trial.suggestion.kind in TOWER_KINDS]

    def _in(self, state: TrialState) -> Sequence[Trial]:
        return [trial for trial in self.trials if trial.state is state]

    def has_tried(self, architecture: Architecture) -> bool:
        return any(
            trial.state is not TrialState.INFEASIBLE and trial.architecture == architecture for trial in self.trials
        )

    def has_failed(self, architecture: Architecture) -> bool:
        return any(trial.state is TrialState.INFEASIBLE and trial.architecture == architecture for trial in self.trials)

    def add(
        self,
        blocks: Sequence[str],
        objective: float | None = None,
        state: TrialState = TrialState.COMPLETED,
        hyperparameters: Mapping[str, HyperparameterValue] | None = None,
        origin: str = "",
        parameters: int = 10,
        **suggested: Any,
    ) -> Trial:
        """Appends the next trial; a completed one needs its objective."""
        result = None
        if state in (TrialState.COMPLETED, TrialState.STOPPED):
            assert objective is not None
            result = Result(objective, 0.5, {"accuracy": objective}, parameters, 1.0, "")
        number = len(self.trials) + 1
        suggestion = Suggestion(Architecture.of(blocks), dict(hyperparameters or {}), origin=origin, **suggested)
        self.trials.append(Trial(number, state, 1, "trainer", suggestion, result, "", number))
        return self.trials[-1]

    def claim(self) -> None:
        """Appends a trial that has no suggestion yet."""
        number = len(self.trials) + 1
        self.trials.append(Trial(number, TrialState.RUNNING, 1, "trainer", None, None, "", number))

    def change(self, number: int, **values: Any) -> None:
        """Changes a trial, or what it was suggested (`members`)."""
        trial = self.trials[number - 1]
        if "members" in values:
            values["suggestion"] = Suggestion(Architecture.of([f"B{number}"]), {}, members=values.pop("members"))
        self.trials[number - 1] = replace(trial, **values)
