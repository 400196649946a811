"""Studies, trials and what passes between the parts: frozen values, and the states of a trial.

Nothing here knows of databases, networks or files.
"""

import enum
import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from .architecture import Architecture

HyperparameterValue = float | int | str | bool


class TrialState(enum.Enum):
    """The states of a trial, and the only ways between them.

    ```
            claim            complete
     (new) -------> RUNNING ----------> COMPLETED
                     |  ^ |  prune  --> STOPPED     (has measurements, never ranked above completed peers)
       lease expired |  | |  fail   --> INFEASIBLE  (NaN loss, out of memory, does not build; with the reason)
         or released v  | claim (attempt + 1)
                   WAITING  -- attempts spent --> INFEASIBLE
    ```

    A number for which nothing is left to train can be withdrawn: `TrialStore.withdraw`.
    """

    WAITING = "WAITING"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    STOPPED = "STOPPED"
    INFEASIBLE = "INFEASIBLE"

    @property
    def is_final(self) -> bool:
        """Whether nothing about a trial in this state will change."""
        return self in (TrialState.COMPLETED, TrialState.STOPPED, TrialState.INFEASIBLE)


class TrialKind(enum.Enum):
    """What a trial is for.

    SEARCH: a tower that the search algorithm proposed. ENSEMBLE: towers of earlier trials together, without one of its
    own. DISTILLATION: a tower that an earlier trial teaches.
    """

    SEARCH = "search"
    ENSEMBLE = "ensemble"
    DISTILLATION = "distillation"


TOWER_KINDS = frozenset({TrialKind.SEARCH, TrialKind.DISTILLATION})
"""Kinds of trials with a tower of their own: what search algorithms learn from, and what ensembles are made of."""


class Goal(enum.Enum):
    """Which way the objective is better."""

    MAXIMIZE = "maximize"
    MINIMIZE = "minimize"


@dataclass(frozen=True)
class Objective:
    """The metric that ranks trials."""

    metric: str
    goal: Goal

    def cost(self, value: float) -> float:
        """The value as something to minimize."""
        return -value if self.goal is Goal.MAXIMIZE else value


@dataclass(frozen=True)
class StudyConfig:
    """What a study is created from.

    Attributes:
      owner: who runs it. `(owner, name)` identifies a study in a database.
      name: the experiment's name.
      spec: the completed search spec in canonical text form.
      data: a line that identifies the data set and its split.
      objective: metric and direction.
      seed: the origin of all randomness of the study, 0 to 2**31 - 1.
      settings: what else makes trials comparable (train steps, batch size, ...), by flag name.
      max_trials: budget: numbers 1 to `max_trials` are handed out, however many trainers there are. It may change
        when the study is opened again; everything else may not.
    """

    owner: str
    name: str
    spec: str
    data: str
    objective: Objective
    seed: int
    max_trials: int
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Study:
    """A stored study: its configuration and its key in the database."""

    id: int
    config: StudyConfig


def canonical_json(value: object) -> str:
    """JSON with sorted keys and no spare space: equal values give equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True)
class Suggestion:
    """What a trial shall train.

    Attributes:
      kind: what the trial is for.
      architecture: the trial's own tower; empty for an ensemble of earlier trials alone.
      hyperparameters: values by name.
      parents: numbers of the trials that this one was made from.
      origin: how the architecture was chosen (`user`, `random`, `grow`, `mutate`), for people.
        A bandit puts the name of the arm and a colon before it, and reads that again.
      members: numbers of the trials whose towers, trained already, are part of the model beside its own tower.
      teacher: number of the trial that teaches this one.
    """

    architecture: Architecture
    hyperparameters: Mapping[str, HyperparameterValue]
    kind: TrialKind = TrialKind.SEARCH
    parents: tuple[int, ...] = ()
    origin: str = ""
    members: tuple[int, ...] = ()
    teacher: int | None = None

    @property
    def fingerprint(self) -> str:
        """Equal for suggestions that would train the same thing: 32 hexadecimal digits."""
        identity: list[object] = [self.kind.value, list(self.architecture), dict(self.hyperparameters)]
        if self.members or self.teacher is not None:  # Studies that were stored before these came know nothing of them.
            identity += [sorted(self.members), self.teacher]
        return hashlib.sha256(canonical_json(identity).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Measurement:
    """Metrics at one moment of a trial; `step` counts gradient steps from 0.

    `objective` is there where the trial was evaluated at that moment on its way: finite.
    """

    step: int
    metrics: Mapping[str, float]
    objective: float | None = None


@dataclass(frozen=True)
class Result:
    """What a finished trial reports.

    Attributes:
      objective: value of the study's metric on the evaluation data.
      loss: evaluation loss, which ranks trials of equal objective.
      metrics: all evaluation metrics, the objective among them.
      parameters: number of trainable and other weights of the network.
      seconds: wall time of the attempt, claim to report.
      model: path of the exported model, relative to the model directory where it lies in it; empty where there is none:
        the trial was stopped, or its files were removed to save space.
      flops: multiply-adds of one example; None where they cannot be counted, or in trials of earlier versions.
      latency_ms: milliseconds of one example on the machine of the trainer; None in trials of earlier versions.
    """

    objective: float
    loss: float
    metrics: Mapping[str, float]
    parameters: int
    seconds: float
    model: str
    flops: int | None = None
    latency_ms: float | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.objective) and math.isfinite(self.loss)):
            raise ValueError(f"a result needs finite values, got objective {self.objective}, loss {self.loss}")


@dataclass(frozen=True)
class Trial:
    """A snapshot of one trial.

    Attributes:
      number: 1, 2, 3 ... without gaps in the study.
      state: see `TrialState`.
      attempt: tries so far, the running one included; from 1.
      trainer: who runs it or ran it last.
      suggestion: None until one was stored.
      result: of a completed or stopped trial.
      error: reason of an infeasible trial, or of the last lost attempt.
      revision: grows with every change in the study; `trials(since=...)` returns what is newer.
    """

    number: int
    state: TrialState
    attempt: int
    trainer: str
    suggestion: Suggestion | None
    result: Result | None
    error: str
    revision: int

    @property
    def architecture(self) -> Architecture:
        """The trial's tower; empty until a suggestion was stored."""
        return self.suggestion.architecture if self.suggestion else Architecture(())


def is_pruned(trial: Trial) -> bool:
    """Whether the heavy files of a completed trial were removed."""
    return trial.state is TrialState.COMPLETED and trial.result is not None and not trial.result.model


def rank_key(objective: Objective, trial: Trial) -> tuple[float, float, int]:
    """Sort key, best first: objective, then evaluation loss, then the earlier trial."""
    assert trial.result is not None
    return (objective.cost(trial.result.objective), trial.result.loss, trial.number)


class History(Protocol):
    """Read-only view of a study, as search algorithms and oracles get it."""

    @property
    def objective(self) -> Objective:
        """The metric that ranks trials."""
        ...

    def trial(self, number: int) -> Trial | None:
        """One trial of any kind and state; None where there is none of this number."""
        ...

    def best(self, count: int) -> Sequence[Trial]:
        """The best completed trials, best first, at most `count`."""
        ...

    def leader(self) -> Trial | None:
        """The best completed trial of any kind; None where none has completed."""
        ...

    def completed_count(self) -> int:
        """How many trials have completed."""
        ...

    def completed(self) -> Sequence[Trial]:
        """All completed trials, by number."""
        ...

    def running(self) -> Sequence[Trial]:
        """Trials under way that have a suggestion, by number."""
        ...

    def stopped(self) -> Sequence[Trial]:
        """All trials that were stopped early, by number: evidence, never the best."""
        ...

    def has_failed(self, architecture: Architecture) -> bool:
        """Whether a trial of this architecture was infeasible, or a network of it was refused for its costs."""
        ...

    def has_tried(self, architecture: Architecture) -> bool:
        """Whether a trial of this architecture has completed, was stopped, or is under way."""
        ...
