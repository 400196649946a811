"""Metrics of a network over a data set, from its logits batch by batch."""

from collections.abc import Iterable

import numpy as np

from ..data.provider import Task, TaskKind
from ..data.trees import Tree, joined
from ..errors import NonFiniteLossError
from .metrics import evaluate, log_probabilities, perplexity

Batches = Iterable[tuple[Tree, Tree, Tree]]
"""Logits, labels and weights, as `metrics.evaluate` takes them."""


def evaluated(task: Task, batches: Batches) -> tuple[dict[str, float], Tree | None]:
    """All metrics of `metric_names(task)`, and all logits.

    The logits of steps with more than two classes are not kept, only what the metrics need of them: those of a text
    would be thousands of numbers for each of its words.

    Raises:
      NonFiniteLossError: the logits are not all finite.
    """
    if task.is_per_step and task.kind is TaskKind.CLASSIFICATION and task.outputs > 2:
        return _of_steps(task, batches), None
    logits, labels, weights = (joined(column) for column in zip(*batches, strict=True))
    return evaluate(task, logits, labels, weights), logits


def _of_steps(task: Task, batches: Batches) -> dict[str, float]:
    sums: dict[str, float] = {"accuracy": 0.0, "loss": 0.0}
    if task.outputs > 5:
        sums["top_5_accuracy"] = 0.0
    total = 0.0
    for logits, labels, weights in batches:
        valid = weights > 0
        scores, own, kept = logits[valid], labels[valid][:, None], weights[valid]
        if not np.isfinite(scores).all():
            raise NonFiniteLossError("the network's outputs on the evaluation data are not all finite")
        chosen = np.take_along_axis(scores, own, axis=1)
        above = (scores > chosen).sum(axis=1)
        found = {
            "accuracy": scores.argmax(axis=1) == own[:, 0],
            "loss": -np.take_along_axis(log_probabilities(scores), own, axis=1)[:, 0],
            "top_5_accuracy": above < 5,
        }
        for name in sums:
            sums[name] += float(np.sum(found[name] * kept, dtype=np.float64))
        total += float(kept.sum(dtype=np.float64))
    means = {name: value / total for name, value in sums.items()}
    return means | {"perplexity": perplexity(means["loss"])}
