"""The leaderboard: all trials of a study, best first, as plain rows."""

from collections.abc import Iterable, Mapping
from typing import Any

from ..spec import parse_spec
from ..spec.distillation import lambda_of
from ..spec.names import DROPOUT, NO_DROPOUT
from ..study import Objective, StudyConfig, Trial, TrialState, rank_key
from .tasks import TaskPart, metrics_of, tasks_in

# Trials without a rank come after the completed ones, in this order.
STATE_ORDER = (
    TrialState.COMPLETED,
    TrialState.STOPPED,
    TrialState.RUNNING,
    TrialState.WAITING,
    TrialState.INFEASIBLE,
)


def ranked(trials: Iterable[Trial], objective: Objective) -> list[Trial]:
    """Completed trials best first, then the others by state and number."""

    def key(trial: Trial) -> tuple[Any, ...]:
        rank = rank_key(objective, trial) if trial.state is TrialState.COMPLETED else (0.0, 0.0, trial.number)
        return (STATE_ORDER.index(trial.state), *rank)

    return sorted(trials, key=key)


def leaderboard_rows(trials: Iterable[Trial], config: StudyConfig) -> list[dict[str, Any]]:
    """A dict a trial: `number, kind, state, objective, metrics, architecture, hyperparameters, parameters, flops,
    latency_ms, parents, members, teacher, seconds, model, error`. What a trial does not have is None (or empty).

    Where losses of teacher and labels are balanced, `lambda` too: the weight of the teacher's. Where a search has
    several tasks, `tasks` too: by name, the primary one first, `architecture` with the task's own blocks behind the
    shared tower, and `metrics`.
    """
    tasks = tasks_in(config.spec)
    rows = [leaderboard_row(trial) for trial in ranked(trials, config.objective)]
    if has_balanced_losses(config.spec):
        rows = [row | {"lambda": teacher_weight(config.spec, row["number"], row["teacher"])} for row in rows]
    return [row | {"tasks": {task.name: _task_cell(task, row) for task in tasks}} for row in rows] if tasks else rows


def has_balanced_losses(spec: str) -> bool:
    """Whether students of a study with this spec (in text form) learn from teacher and labels."""
    return lambda_of(parse_spec(spec, "of the study"), 1) is not None


def teacher_weight(spec: str, number: int, teacher: int | None) -> float | None:
    """Lambda of a trial with a teacher, where losses are balanced."""
    return None if teacher is None else lambda_of(parse_spec(spec, "of the study"), number)


def _task_cell(task: TaskPart, row: Mapping[str, Any]) -> dict[str, Any]:
    return {"architecture": list(task.blocks), "metrics": metrics_of(row["metrics"], task.name)}


def leaderboard_row(trial: Trial) -> dict[str, Any]:
    """One trial as a row of JSON values."""
    suggestion, result = trial.suggestion, trial.result
    return {
        "number": trial.number,
        "kind": suggestion.kind.value if suggestion else None,
        "state": trial.state.value,
        "objective": result.objective if result else None,
        "metrics": dict(result.metrics) if result else {},
        "architecture": list(suggestion.architecture) if suggestion else [],
        "hyperparameters": dict(suggestion.hyperparameters) if suggestion else {},
        "parameters": result.parameters if result else None,
        "flops": result.flops if result else None,
        "latency_ms": result.latency_ms if result else None,
        "parents": list(suggestion.parents) if suggestion else [],
        "members": list(suggestion.members) if suggestion else [],
        "teacher": suggestion.teacher if suggestion else None,
        "seconds": result.seconds if result else None,
        # None where there never was one, or where it was removed to save space.
        "model": (result.model or None) if result else None,
        # A completed trial may keep the reason of an attempt that was lost before.
        "error": (trial.error or None) if trial.state is not TrialState.COMPLETED else None,
    }


def members_text(row: Mapping[str, Any]) -> str:
    """Whose towers are in the ensemble of a row; empty for a single tower."""
    return f"members={'+'.join(map(str, row['members']))}" if row["members"] else ""


def teacher_text(row: Mapping[str, Any]) -> str:
    """Who taught the trial of a row, and how strongly where that varies; empty for nobody."""
    if row["teacher"] is None:
        return ""
    weight = row.get("lambda")
    return f"teacher={row['teacher']}" + ("" if weight is None else f", lambda={weight:.4g}")


def hyperparameter_text(values: Mapping[str, Any]) -> str:
    """Hyperparameters on one line."""
    return ", ".join(f"{name}={value_text(name, value)}" for name, value in values.items())


def value_text(name: str, value: Any, digits: int = 4) -> str:
    """A hyperparameter's value as people read it."""
    if name == DROPOUT and value == NO_DROPOUT:
        return "off"
    return f"{value:.{digits}g}" if isinstance(value, float) else str(value)
