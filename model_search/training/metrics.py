"""Evaluation metrics, computed in one go from the logits of all evaluation examples."""

import warnings
from collections.abc import Callable, Mapping

import numpy as np
from sklearn import metrics as sk

from ..data.provider import Task, TaskKind
from ..errors import NonFiniteLossError, UsageError
from ..registry import closest
from ..study import Goal, Objective

GOALS: Mapping[str, Goal] = {
    "accuracy": Goal.MAXIMIZE,
    "balanced_accuracy": Goal.MAXIMIZE,
    "auc": Goal.MAXIMIZE,
    "pr_auc": Goal.MAXIMIZE,
    "f1": Goal.MAXIMIZE,
    "top_5_accuracy": Goal.MAXIMIZE,
    "loss": Goal.MINIMIZE,
    "rmse": Goal.MINIMIZE,
    "mae": Goal.MINIMIZE,
    "r2": Goal.MAXIMIZE,
}


def metric_names(task: Task) -> list[str]:
    """Metrics that a task has; the first is the default objective."""
    if task.kind is TaskKind.REGRESSION:
        return ["rmse", "mae", "r2", "loss"]
    names = ["accuracy", "balanced_accuracy", "f1", "loss"]
    if task.outputs == 2:
        names += ["auc", "pr_auc"]
    if task.outputs > 5:
        names.append("top_5_accuracy")
    return names


def objective_for(task: Task, metric: str = "", goal: str = "") -> Objective:
    """The study's objective; empty arguments take the task's default metric and the metric's own direction.

    Raises:
      UsageError: the task has no such metric, or the goal contradicts it.
    """
    known = metric_names(task)
    chosen = metric or known[0]
    if chosen not in known:
        raise UsageError(f"--optimization_metric={chosen} is not a {task.kind.value} metric; {closest(chosen, known)}")
    direction = GOALS[chosen]
    aliases = {"max": Goal.MAXIMIZE, "min": Goal.MINIMIZE, "maximize": Goal.MAXIMIZE, "minimize": Goal.MINIMIZE}
    if goal and aliases.get(goal) is not direction:
        raise UsageError(f"--optimization_goal={goal} contradicts {chosen}, which is to {direction.value}")
    return Objective(chosen, direction)


def log_probabilities(logits: np.ndarray) -> np.ndarray:
    """Log of the softmax over the last axis."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def evaluate(task: Task, logits: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> dict[str, float]:
    """All metrics of `metric_names(task)`.

    Args:
      task: what is predicted.
      logits: (examples, outputs).
      labels: (examples,) class ids, or values in the label's own unit.
      weights: (examples,) of the examples, not all zero.

    Raises:
      NonFiniteLossError: the logits are not all finite.
    """
    if not np.isfinite(logits).all():
        raise NonFiniteLossError("the network's outputs on the evaluation data are not all finite")
    if task.kind is TaskKind.REGRESSION:
        return _regression(task, logits[:, 0].astype(np.float64), labels.astype(np.float64), weights)
    return _classification(task, logits.astype(np.float64), labels, weights)


def _regression(task: Task, outputs: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> dict[str, float]:
    values = outputs * task.target_scale + task.target_mean
    squared = float(np.average((values - labels) ** 2, weights=weights))
    spread = float(np.average((labels - np.average(labels, weights=weights)) ** 2, weights=weights))
    return {
        "rmse": squared**0.5,
        "mae": float(np.average(np.abs(values - labels), weights=weights)),
        # Labels that are all equal leave nothing to explain.
        "r2": 1.0 - squared / spread if spread > 0 else 0.0,
        "loss": squared / task.target_scale**2,
    }


def _classification(task: Task, logits: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> dict[str, float]:
    logs = log_probabilities(logits)
    predicted = logits.argmax(axis=1)
    found = {
        "accuracy": float(np.average(predicted == labels, weights=weights)),
        "loss": float(np.average(-logs[np.arange(len(labels)), labels], weights=weights)),
    }
    average = "binary" if task.outputs == 2 else "macro"
    scores: dict[str, Callable[[], float]] = {
        "balanced_accuracy": lambda: sk.balanced_accuracy_score(labels, predicted, sample_weight=weights),
        "f1": lambda: sk.f1_score(labels, predicted, average=average, sample_weight=weights, zero_division=0.0),
    }
    if task.outputs == 2 and len(np.unique(labels)) == 2:
        positive = np.exp(logs[:, 1])
        scores["auc"] = lambda: sk.roc_auc_score(labels, positive, sample_weight=weights)
        scores["pr_auc"] = lambda: sk.average_precision_score(labels, positive, sample_weight=weights)
    if task.outputs > 5:
        own = np.take_along_axis(logits, labels[:, None], axis=1)
        scores["top_5_accuracy"] = lambda: float(np.average((logits > own).sum(axis=1) < 5, weights=weights))
    with warnings.catch_warnings():
        # A class that is absent from a small evaluation part is no news for each trial.
        warnings.simplefilter("ignore")
        return found | {name: float(score()) for name, score in scores.items()}
