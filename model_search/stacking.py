"""Stacking (Wolpert 1992): the logits of members of an ensemble, weighed by what was learned from held-out examples.

Held-out examples are few, and members are alike. So there is one weight a member, not below 0 (Breiman 1996, "Stacked
Regressions"), which is shares that sum up to 1 and a temperature in one; weights are drawn towards the ensemble's plain
mean; how strongly, cross-validation decides; and where no strength is better than the mean, the mean it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from .data.provider import Task, TaskKind
from .data.trees import Tree
from .ensemble_selection import Judged
from .training.metrics import example_losses, log_probabilities, standardised

_STRENGTHS = (100.0, 30.0, 10.0, 3.0, 1.0, 0.3)
"""Examples that the mean counts as much as, strongest first."""

_FOLDS = 5


def stacked(task: Task, known: Judged, counts: Mapping[int, int]) -> dict[str, np.ndarray]:
    """Weights of members' logits.

    Args:
      task: what is predicted.
      known: what is learned from.
      counts: how often each member is in the mean, by number.

    Returns:
      (members,) weights, by number of the member, of each task by its name; of a single one under the empty name.
    """
    logits = [known.logits[number] for number in sorted(counts)]
    parts = {part.target: part for part in task.tasks} or {"": task}
    found = {}
    for name, shares in shares_of(task, counts).items():
        given = np.stack([of_member[name] if name else of_member for of_member in logits])
        labels, weights = (tree[name] if name else tree for tree in (known.labels, known.weights))
        found[name] = _weights(Learned(parts[name], given, labels, weights), shares)
    return found


def shares_of(task: Task, counts: Mapping[int, int]) -> dict[str, np.ndarray]:
    """The same weights of the plain mean, in which each member is so often."""
    shares = np.array([counts[number] for number in sorted(counts)]) / sum(counts.values())
    return dict.fromkeys([part.target for part in task.tasks] or [""], shares)


def combined(logits: Sequence[Tree], weights: Mapping[str, np.ndarray]) -> Tree:
    """Members' logits with these weights; a dict of several tasks."""
    if "" in weights:
        return np.tensordot(weights[""], np.stack(logits), 1)
    return {name: np.tensordot(of_task, np.stack([m[name] for m in logits]), 1) for name, of_task in weights.items()}


@dataclass(frozen=True)
class Learned:
    """What the weights of one task are learned from: logits (members, examples, ...), labels, weights of examples."""

    task: Task
    logits: np.ndarray
    labels: np.ndarray
    weights: np.ndarray

    def rows(self, rows: np.ndarray) -> "Learned":
        """Some of the examples."""
        return Learned(self.task, self.logits[:, rows], self.labels[rows], self.weights[rows])

    def losses(self, weights: np.ndarray) -> np.ndarray:
        """The loss of each example with these weights."""
        return example_losses(self.task, np.tensordot(weights, self.logits, 1), self.labels)


def _weights(learned: Learned, shares: np.ndarray) -> np.ndarray:
    """What the cross-validated strength gives; the shares themselves where no strength is better.

    Better than the mean is what is so by more than one standard error of its examples' differences (the rule of Breiman
    et al. 1984, "Classification and Regression Trees"); of those the one with the least loss.
    """
    examples = len(learned.labels)
    folds = np.random.default_rng(examples).permutation(examples) % _FOLDS
    plain, best, strength = learned.losses(shares), 0.0, None
    for candidate in _STRENGTHS:
        losses = np.empty_like(plain)
        for fold in range(_FOLDS):
            fitted = fit_weights(learned.rows(np.flatnonzero(folds != fold)), shares, candidate)
            losses[folds == fold] = learned.rows(np.flatnonzero(folds == fold)).losses(fitted)
        mean, error = _mean_and_error(losses - plain, learned.weights)
        if mean + error < 0 and mean < best:
            best, strength = mean, candidate
    return shares if strength is None else fit_weights(learned, shares, strength)


def fit_weights(learned: Learned, shares: np.ndarray, strength: float) -> np.ndarray:
    """Weights, not below 0, with the least loss, drawn towards the shares as by so many examples. A convex problem."""
    logits = learned.logits.astype(np.float64)
    if learned.task.kind is TaskKind.CLASSIFICATION:
        logits = logits - logits.mean(axis=-1, keepdims=True)
    total = learned.weights.sum()
    pull = strength * np.sum(logits**2 * learned.weights[..., None]) / (total * len(logits) * logits.shape[-1]) / total

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        losses, slopes = _losses_and_slopes(learned.task, np.tensordot(weights, logits, 1), learned.labels)
        value = np.sum(losses * learned.weights) / total + pull / 2 * np.sum((weights - shares) ** 2)
        by_member = (logits * slopes * learned.weights[..., None]).reshape(len(logits), -1).sum(axis=1)
        return float(value), by_member / total + pull * (weights - shares)

    bounds = [(0.0, None)] * len(shares)
    found = minimize(loss, shares, jac=True, bounds=bounds, method="L-BFGS-B", options={"ftol": 1e-12, "gtol": 1e-8})
    return np.asarray(found.x)


def _losses_and_slopes(task: Task, logits: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The losses of examples, and their derivatives by logits."""
    losses = example_losses(task, logits, labels)
    if task.kind is TaskKind.REGRESSION:
        return losses, 2 * (logits - standardised(task, labels)[..., None])
    if task.kind is TaskKind.MULTI_LABEL:
        return losses, (1 / (1 + np.exp(-logits)) - (labels > 0.5)) / logits.shape[-1]
    right = np.arange(logits.shape[-1]) == labels[..., None]
    return losses, np.exp(log_probabilities(logits)) - right


def _mean_and_error(values: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Weighted mean, and its standard error."""
    mean = np.average(values, weights=weights)
    error = np.sqrt(np.sum((weights * (values - mean)) ** 2)) / weights.sum()
    return float(mean), float(error)
