"""Whose weights a new trial starts from, and how much of each."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ..proto.search_spec_pb2 import TransferLearningSpec
from ..study import History, Suggestion, Trial

MAX_AVERAGED = 100
"""An average is over so many trials at most: each is a file to read before a trial can begin."""


@dataclass(frozen=True)
class Share:
    """One earlier trial's part in the weights that a trial starts from.

    Attributes:
      number: of the earlier trial.
      weight: its part, above 0; the parts of all sum up to 1.
    """

    number: int
    weight: float


def shares(spec: TransferLearningSpec, suggestion: Suggestion, history: History) -> tuple[Share, ...]:
    """Whose weights the suggested trial starts from, by the spec; nobody's for none.

    SNAPSHOT: the first parent. Averages: of completed trials that still have their weights, at most
    `max_completed_trials` (and `MAX_AVERAGED`) of them, the newest for the uniform one, the best for the loss-weighted.
    """
    match spec.transfer_learning_type:
        case TransferLearningSpec.SNAPSHOT_TRANSFER_LEARNING:
            return tuple(Share(parent, 1.0) for parent in suggestion.parents[:1])
        case TransferLearningSpec.UNIFORM_AVERAGE_TRANSFER_LEARNING:
            newest = [trial for trial in history.completed() if has_weights(trial)][-averaged(spec) :]
            return uniform(newest, spec.previous_trials_discount_factor)
        case TransferLearningSpec.LOSS_WEIGHTED_AVERAGE_TRANSFER_LEARNING:
            best = [trial for trial in history.best(averaged(spec)) if has_weights(trial)]
            return loss_weighted(best, spec.previous_trials_discount_factor)
    return ()


def averaged(spec: TransferLearningSpec) -> int:
    """So many trials are averaged at most."""
    return min(spec.max_completed_trials, MAX_AVERAGED)


def has_weights(trial: Trial) -> bool:
    """Whether the files of a completed trial were not removed to save space."""
    return trial.result is not None and bool(trial.result.model)


def uniform(trials: Sequence[Trial], discount: float) -> tuple[Share, ...]:
    """Equal parts, trial k's times `discount` ** (n - k), n being the newest of them."""
    return _normalized(trials, [0.0] * len(trials), discount)


def loss_weighted(trials: Sequence[Trial], discount: float) -> tuple[Share, ...]:
    """Parts by softmax(-evaluation loss), discounted in the same way; they sum up to 1."""
    losses = [trial.result.loss for trial in trials if trial.result is not None]
    return _normalized(trials, [-loss for loss in losses], discount)


def _normalized(trials: Sequence[Trial], logarithms: Sequence[float], discount: float) -> tuple[Share, ...]:
    """Parts that are proportional to the exponentials of `logarithms`, discounted by age."""
    if not trials:
        return ()
    newest, highest = max(trial.number for trial in trials), max(logarithms)
    parts = [
        math.exp(value - highest) * discount ** (newest - trial.number)
        for trial, value in zip(trials, logarithms, strict=True)
    ]
    total = math.fsum(parts)
    return tuple(
        Share(trial.number, part / total) for trial, part in zip(trials, parts, strict=True) if part / total > 0
    )
