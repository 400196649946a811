"""Evaluation metrics, computed in one go from the logits of all evaluation examples."""

import warnings
from collections.abc import Callable, Mapping

import numpy as np
from sklearn import metrics as sk

from ..data.provider import Task, TaskKind
from ..data.trees import Tree
from ..errors import NonFiniteLossError, UsageError
from ..registry import closest
from ..study import Goal, Objective

GOALS: Mapping[str, Goal] = {
    "accuracy": Goal.MAXIMIZE,
    "balanced_accuracy": Goal.MAXIMIZE,
    "exact_match": Goal.MAXIMIZE,
    "auc": Goal.MAXIMIZE,
    "pr_auc": Goal.MAXIMIZE,
    "f1": Goal.MAXIMIZE,
    "top_5_accuracy": Goal.MAXIMIZE,
    "loss": Goal.MINIMIZE,
    "perplexity": Goal.MINIMIZE,
    "rmse": Goal.MINIMIZE,
    "mae": Goal.MINIMIZE,
    "r2": Goal.MAXIMIZE,
}

MOST_CLASSES = 100
"""Areas under curves of more classes than these are not computed."""


def metric_names(task: Task) -> list[str]:
    """Metrics that a task has; the first is the default objective.

    Several tasks have the metrics of the first, and those of each as `<task>/<metric>`; `loss` is the sum of theirs.
    """
    if task.tasks:
        own = [f"{part.target}/{name}" for part in task.tasks for name in metric_names(part)]
        return [*metric_names(task.tasks[0]), *own]
    if task.kind is TaskKind.REGRESSION:
        return ["rmse", "mae", "r2", "loss"]
    if task.kind is TaskKind.MULTI_LABEL:
        return ["auc", "pr_auc", "f1", "accuracy", "exact_match", "loss"]
    names = ["accuracy", "balanced_accuracy", "f1", "loss"]
    if task.is_per_step:
        # The next token is rarely certain: how probable it was says more than whether it was the likeliest.
        names = ["perplexity", "accuracy", "loss"] if task.predicts_ahead else ["accuracy", "perplexity", "loss"]
    if _has_areas(task):
        names += ["auc", "pr_auc"]
    if task.outputs > 5:
        names.append("top_5_accuracy")
    return names


def _has_areas(task: Task) -> bool:
    """Whether areas under curves are computed: each class is a sort of all examples, so not for very many."""
    return task.outputs == 2 or (not task.is_per_step and task.outputs <= MOST_CLASSES)


def objective_for(task: Task, metric: str = "", goal: str = "") -> Objective:
    """The study's objective; empty arguments take the task's default metric and the metric's own direction.

    Raises:
      UsageError: the task has no such metric, or the goal contradicts it.
    """
    known = metric_names(task)
    chosen = metric or known[0]
    if chosen not in known:
        raise UsageError(f"--optimization_metric={chosen} is not a {task.kind.value} metric; {closest(chosen, known)}")
    direction = GOALS[chosen.rpartition("/")[2]]
    aliases = {"max": Goal.MAXIMIZE, "min": Goal.MINIMIZE, "maximize": Goal.MAXIMIZE, "minimize": Goal.MINIMIZE}
    if goal and aliases.get(goal) is not direction:
        raise UsageError(f"--optimization_goal={goal} contradicts {chosen}, which is to {direction.value}")
    return Objective(chosen, direction)


def log_probabilities(logits: np.ndarray) -> np.ndarray:
    """Log of the softmax over the last axis."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def perplexity(loss: float) -> float:
    """exp of a mean cross-entropy, which stays finite."""
    return float(np.exp(min(loss, 700.0)))


def evaluate(task: Task, logits: Tree, labels: Tree, weights: Tree) -> dict[str, float]:
    """All metrics of `metric_names(task)`.

    Args:
      task: what is predicted.
      logits: (examples, outputs), or (examples, time, outputs) where steps have labels; a dict of several tasks.
      labels: class ids, values in the label's own unit, or zeros and ones (examples, classes); a dict of several tasks.
      weights: (examples,), or (examples, time) with 0 at padding; not all zero; a dict of several tasks.

    Raises:
      NonFiniteLossError: the logits are not all finite.
    """
    if task.tasks:
        return _of_several(task, logits, labels, weights)
    if task.is_per_step:
        valid = weights > 0
        logits, labels, weights = logits[valid], labels[valid], weights[valid]
    if not np.isfinite(logits).all():
        raise NonFiniteLossError("the network's outputs on the evaluation data are not all finite")
    logits = logits.astype(np.float64)
    if task.kind is TaskKind.REGRESSION:
        return _regression(task, logits[:, 0], labels.astype(np.float64), weights)
    if task.kind is TaskKind.MULTI_LABEL:
        return _multi_label(logits, labels > 0.5, weights)
    return _classification(task, logits, labels, weights)


def loss_of(task: Task, logits: Tree, labels: Tree, weights: Tree) -> float:
    """The metric `loss` alone, where the others would take too long; arguments as of `evaluate`."""
    if task.tasks:
        return sum(loss_of(part, *(t[part.target] for t in (logits, labels, weights))) for part in task.tasks)
    if task.is_per_step:
        valid = weights > 0
        logits, labels, weights = logits[valid], labels[valid], weights[valid]
    return float(np.average(example_losses(task, logits, labels), weights=weights))


def example_losses(task: Task, logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The loss of each example of one task, (examples,) or (examples, time), from its logits and label."""
    logits = logits.astype(np.float64)
    if task.kind is TaskKind.REGRESSION:
        return np.asarray((logits[..., 0] - standardised(task, labels)) ** 2)
    if task.kind is TaskKind.MULTI_LABEL:
        return np.asarray(np.logaddexp(0.0, np.where(labels > 0.5, -logits, logits)).mean(axis=-1))
    right = np.take_along_axis(log_probabilities(logits), labels[..., None].astype(np.int64), axis=-1)
    return -right[..., 0]


def standardised(task: Task, labels: np.ndarray) -> np.ndarray:
    """Numbers to learn as networks see them: float64, about mean 0 and deviation 1."""
    return np.asarray((labels.astype(np.float64) - task.target_mean) / task.target_scale)


def _of_several(task: Task, logits: Tree, labels: Tree, weights: Tree) -> dict[str, float]:
    found = {part.target: evaluate(part, *(t[part.target] for t in (logits, labels, weights))) for part in task.tasks}
    own = {f"{target}/{name}": value for target, metrics in found.items() for name, value in metrics.items()}
    return {**found[task.tasks[0].target], "loss": sum(metrics["loss"] for metrics in found.values()), **own}


def _multi_label(logits: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> dict[str, float]:
    """AUC, area under precision and recall, and F1: means over the labels that have both kinds of examples.

    Where no label has both, AUC is 0.5, and the others are what a constant prediction gets.
    """
    predicted = logits > 0
    losses = np.logaddexp(0.0, np.where(labels, -logits, logits))

    def f1(true: np.ndarray, given: np.ndarray, sample_weight: np.ndarray) -> float:
        return float(sk.f1_score(true, given, sample_weight=sample_weight, zero_division=0.0))

    return {
        "auc": _mean_of_columns(sk.roc_auc_score, labels, logits, weights, 0.5),
        "pr_auc": _mean_of_columns(sk.average_precision_score, labels, logits, weights, float(labels.mean())),
        "f1": _mean_of_columns(f1, labels, predicted, weights, 0.0),
        "accuracy": float(np.average((predicted == labels).mean(axis=1), weights=weights)),
        "exact_match": float(np.average((predicted == labels).all(axis=1), weights=weights)),
        "loss": float(np.average(losses.mean(axis=1), weights=weights)),
    }


def _mean_of_columns(
    score: Callable[..., float], labels: np.ndarray, given: np.ndarray, weights: np.ndarray, default: float
) -> float:
    """Mean of a score over the columns whose labels have both kinds of examples; the default where none has."""
    both = [c for c in range(labels.shape[1]) if 0 < labels[:, c].sum() < len(labels)]
    scores = [score(labels[:, c], given[:, c], sample_weight=weights) for c in both]
    return float(np.mean(scores)) if scores else default


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
    if task.is_per_step:
        found["perplexity"] = perplexity(found["loss"])
    average = "binary" if task.outputs == 2 else "macro"
    scores: dict[str, Callable[[], float]] = {}
    if not task.is_per_step:
        scores["balanced_accuracy"] = lambda: sk.balanced_accuracy_score(labels, predicted, sample_weight=weights)
        scores["f1"] = lambda: sk.f1_score(labels, predicted, average=average, sample_weight=weights, zero_division=0.0)
    if _has_areas(task):
        # Of two classes the second one's; of more the mean of each against the rest (Hand and Till 2001, section 2).
        first = 1 if task.outputs == 2 else 0
        one_hot = labels[:, None] == np.arange(first, task.outputs)
        given = np.exp(logs[:, first:])
        share = float(one_hot.mean())
        scores["auc"] = lambda: _mean_of_columns(sk.roc_auc_score, one_hot, given, weights, 0.5)
        scores["pr_auc"] = lambda: _mean_of_columns(sk.average_precision_score, one_hot, given, weights, share)
    if task.outputs > 5:
        own = np.take_along_axis(logits, labels[:, None], axis=1)
        scores["top_5_accuracy"] = lambda: float(np.average((logits > own).sum(axis=1) < 5, weights=weights))
    with warnings.catch_warnings():
        # A class that is absent from a small evaluation part is no news for each trial.
        warnings.simplefilter("ignore")
        return found | {name: float(score()) for name, score in scores.items()}
