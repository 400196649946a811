"""Rows to values and back. Values know no tables; nothing else knows how they are stored."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row

from ...architecture import Architecture
from ...study import (
    Goal,
    Measurement,
    Objective,
    Result,
    Study,
    StudyConfig,
    Suggestion,
    Trial,
    TrialKind,
    TrialState,
    canonical_json,
)
from ..texts import stored_text

Values = dict[str, Any]


def digest(value: object, length: int) -> str:
    """Hexadecimal digits that stand for any JSON value in an index."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()[:length]


def study_identity(owner: str, name: str) -> str:
    """What a study is found by."""
    return digest([owner, name], 64)


def architecture_digest(architecture: Sequence[str]) -> str:
    """What an architecture is found by."""
    return digest(list(architecture), 32)


def study_values(config: StudyConfig) -> Values:
    """Columns of a study, the budget among them."""
    return {
        "identity": study_identity(config.owner, config.name),
        "owner": config.owner,
        "name": config.name,
        "spec": config.spec,
        "data": config.data,
        "metric": config.objective.metric,
        "goal": config.objective.goal.value,
        "seed": config.seed,
        "settings": canonical_json(dict(config.settings)),
        "max_trials": config.max_trials,
    }


def study_of(row: Row[Any]) -> Study:
    """A study from its row."""
    config = StudyConfig(
        owner=row.owner,
        name=row.name,
        spec=row.spec,
        data=row.data,
        objective=objective_of(row),
        seed=row.seed,
        max_trials=row.max_trials,
        settings=json.loads(row.settings),
    )
    return Study(row.id, config)


def objective_of(row: Row[Any]) -> Objective:
    """The objective from a study's row."""
    return Objective(row.metric, Goal(row.goal))


def suggestion_values(suggestion: Suggestion) -> Values:
    """Columns of a suggestion."""
    return {
        "fingerprint": suggestion.fingerprint,
        "architecture_digest": architecture_digest(suggestion.architecture.blocks),
        "kind": suggestion.kind.value,
        "origin": stored_text(suggestion.origin),
        "architecture": canonical_json(list(suggestion.architecture)),
        "hyperparameters": canonical_json(dict(suggestion.hyperparameters)),
        "parents": canonical_json([int(parent) for parent in suggestion.parents]),
        "members": canonical_json([int(member) for member in suggestion.members]),
        "teacher": None if suggestion.teacher is None else int(suggestion.teacher),
    }


NO_SUGGESTION: Values = dict.fromkeys(
    (
        "fingerprint", "architecture_digest", "kind", "origin", "architecture", "hyperparameters", "parents", "members",
        "teacher",
    )
)  # fmt: skip
"""The same columns where there is none."""


def suggestion_of(row: Row[Any]) -> Suggestion | None:
    """The suggestion from a trial's row; None before one was stored."""
    if row.fingerprint is None:
        return None
    return Suggestion(
        architecture=Architecture.of(json.loads(row.architecture)),
        hyperparameters=json.loads(row.hyperparameters),
        kind=TrialKind(row.kind),
        parents=tuple(json.loads(row.parents)),
        origin=row.origin,
        # Trials that were stored before these came have none.
        members=tuple(json.loads(row.members or "[]")),
        teacher=row.teacher,
    )


def result_values(result: Result, objective: Objective) -> Values:
    """Columns of a result, with the cost that ranks it."""
    return {
        "objective": float(result.objective),
        "cost": float(objective.cost(result.objective)),
        "loss": float(result.loss),
        "metrics": metrics_text(result.metrics),
        "parameters": int(result.parameters),
        "seconds": float(result.seconds),
        "model": result.model,
        "flops": None if result.flops is None else int(result.flops),
        "latency_ms": None if result.latency_ms is None else float(result.latency_ms),
    }


def result_of(row: Row[Any]) -> Result | None:
    """The result from a trial's row; None before it finished."""
    if row.objective is None:
        return None
    return Result(
        row.objective,
        row.loss,
        json.loads(row.metrics),
        row.parameters,
        row.seconds,
        row.model,
        row.flops,
        row.latency_ms,
    )


def trial_of(row: Row[Any]) -> Trial:
    """A trial from its row."""
    return Trial(
        number=row.number,
        state=TrialState(row.state),
        attempt=row.attempt,
        trainer=row.trainer,
        suggestion=suggestion_of(row),
        result=result_of(row),
        error=row.error,
        revision=row.revision,
    )


def metrics_text(metrics: Mapping[str, float]) -> str:
    """Metrics as text. NaN and infinity, which a curve may hold, are written as Python's json does."""
    return canonical_json({name: float(value) for name, value in metrics.items()})


def measurement_of(row: Row[Any]) -> Measurement:
    """A measurement from its row."""
    return Measurement(row.step, json.loads(row.metrics), row.objective)
