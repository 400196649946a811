"""Which finished trials predict best together, from their stored evaluation logits: greedy selection, and stacking."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge

from .data.provider import Task, TaskKind
from .data.trees import Tree, mapped
from .errors import UsageError
from .training.metrics import loss_of

# Sorted initialisation: so many of the best single trials are in from the start, as long as each one helps.
_SORTED = 3
# Strength of the regularisation of stacking: variance of the prior of each weight, on logits scaled to variance 1.
_STACKING_C = 0.05


@dataclass(frozen=True)
class Judged:
    """Logits of candidates with labels of the same examples.

    Attributes:
      logits: by trial number.
      labels, weights: of the examples; dicts where there are several tasks.
    """

    logits: Mapping[int, Tree]
    labels: Tree
    weights: Tree

    def rows(self, rows: np.ndarray) -> "Judged":
        """Some of the examples."""
        logits = {number: mapped(lambda a: a[rows], tree) for number, tree in self.logits.items()}
        return Judged(logits, *(mapped(lambda a: a[rows], tree) for tree in (self.labels, self.weights)))


def halves(examples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers of the half that is selected by, and of the half that judges: drawn from the seed."""
    order = np.random.default_rng([seed, examples]).permutation(examples)
    return np.sort(order[: (examples + 1) // 2]), np.sort(order[(examples + 1) // 2 :])


def weighted_mean(logits: Mapping[int, Tree], counts: Mapping[int, int]) -> Tree:
    """The mean of trials' logits, each counted so many times."""
    total = sum(counts.values())
    parts = [mapped(lambda a, count=count: a * (count / total), logits[number]) for number, count in counts.items()]
    return mapped(lambda *of_members: sum(of_members[1:], of_members[0]), *parts)


def selected(task: Task, known: Judged, size: int) -> dict[int, int]:
    """Greedy forward selection with replacement (Caruana et al. 2004, "Ensemble Selection from Libraries of Models").

    Starts with the best few single trials, as long as each helps (their section 3.2), then adds the trial that makes
    the mean best, again and again; what was best on the way is taken. Best is the lowest loss: it is defined for each
    task, and on few examples less a matter of luck than a share of right ones.

    Args:
      task: what is predicted.
      known: what is selected by.
      size: members at most, each counted as often as it was added; at least 1.

    Returns:
      How often each trial is in, by number.
    """

    def loss(counts: Mapping[int, int]) -> float:
        return loss_of(task, weighted_mean(known.logits, counts), known.labels, known.weights)

    ranked = sorted(known.logits, key=lambda number: (loss({number: 1}), number))
    chosen = Counter(ranked[:1])
    best, best_loss = dict(chosen), loss(chosen)
    for number in ranked[1 : min(_SORTED, size)]:
        with_it = loss(chosen + Counter([number]))
        if with_it < best_loss:
            chosen[number] += 1
            best, best_loss = dict(chosen), with_it
    while chosen.total() < size:
        tried = {number: loss(chosen + Counter([number])) for number in ranked}
        number = min(tried, key=lambda number: (tried[number], number))
        chosen[number] += 1
        if tried[number] < best_loss:
            best, best_loss = dict(chosen), tried[number]
    return best


@dataclass(frozen=True)
class Stack:
    """A linear map of the concatenated logits of members, for one task.

    Attributes:
      kernel: (members * outputs, outputs).
      bias: (outputs,).
    """

    kernel: np.ndarray
    bias: np.ndarray

    def __call__(self, logits: Sequence[np.ndarray]) -> np.ndarray:
        """Combined logits."""
        return np.concatenate(logits, axis=-1) @ self.kernel + self.bias


def stacked(task: Task, known: Judged, members: Sequence[int]) -> dict[str, Stack]:
    """Stacking (Wolpert 1992): logistic regression, or ridge regression of numbers, on the members' logits.

    Returns:
      A map for each task by its name; for a single one under the empty name.

    Raises:
      UsageError: labels of steps, or an example of a class is missing in what is learned from.
    """
    if task.tasks:
        parts = {part.target: known.logits for part in task.tasks}
        return {
            part.target: _stack(
                part,
                [parts[part.target][number][part.target] for number in members],
                known.labels[part.target],
                known.weights[part.target],
            )
            for part in task.tasks
        }
    return {"": _stack(task, [known.logits[number] for number in members], known.labels, known.weights)}


def _stack(task: Task, logits: Sequence[np.ndarray], labels: np.ndarray, weights: np.ndarray) -> Stack:
    if task.is_per_step:
        raise UsageError("stacking does not do labels of steps; use --ensemble_method=greedy")
    joined = np.concatenate(logits, axis=-1).astype(np.float64)
    # A single scale: logits of members are alike, and zero means the same for all.
    scale = float(joined.std()) or 1.0
    x = joined / scale
    if task.kind is TaskKind.REGRESSION:
        y = (labels.astype(np.float64) - task.target_mean) / task.target_scale
        ridge = Ridge(alpha=1 / _STACKING_C).fit(x, y, sample_weight=weights)
        return Stack(_column(ridge.coef_) / scale, np.atleast_1d(ridge.intercept_))
    if task.kind is TaskKind.MULTI_LABEL:
        columns = [_logistic(x, labels[:, place] > 0.5, weights, 2) for place in range(task.outputs)]
        return Stack(
            np.concatenate([kernel[:, 1:] for kernel, _ in columns], axis=1) / scale,
            np.concatenate([bias[1:] for _, bias in columns]),
        )
    kernel, bias = _logistic(x, labels, weights, task.outputs)
    return Stack(kernel / scale, bias)


def _logistic(x: np.ndarray, y: np.ndarray, weights: np.ndarray, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Kernel (features, classes) and bias (classes,); of two classes the first one's are zeros."""
    if len(np.unique(y)) < classes:
        raise UsageError("stacking needs an example of each class to learn from; use --ensemble_method=greedy")
    model = LogisticRegression(C=_STACKING_C * len(x) / 100, max_iter=2000).fit(x, y, sample_weight=weights)
    kernel, bias = model.coef_.T, model.intercept_
    if classes == 2:
        return np.concatenate([np.zeros_like(kernel), kernel], axis=1), np.concatenate([np.zeros(1), bias])
    return kernel, bias


def _column(values: np.ndarray) -> np.ndarray:
    return np.reshape(values, (-1, 1))
