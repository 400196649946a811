"""Labels of the steps of sequences: one task for all steps of all examples."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from ..errors import UsageError
from .labels import Labels, check_values, class_ids, make_task
from .provider import DataOptions, Task, TaskKind
from .split import stratified
from .tables.values import tidy
from .targets import standardised


def task_of_steps(labels: np.ndarray, valid: np.ndarray, label: str, options: DataOptions, source: str) -> Task:
    """The task that the labels of valid steps make.

    Args:
      labels: (examples, time).
      valid: which steps are no padding, the same shape.
      label: what they are called.
      options: may name the task.
      source: for errors.

    Raises:
      UsageError: the labels make no task, or class weights are asked for.
    """
    if options.class_weight:
        raise UsageError(f"class_weight {options.class_weight!r} has no meaning for labels of steps")
    task, _ = make_task(_flat(labels[valid]), label, options.task, source)
    return replace(standardised(task, labels, valid), is_per_step=True)


def coded_steps(labels: np.ndarray, valid: np.ndarray, task: Task, source: str) -> np.ndarray:
    """Class ids int32 or values float32, (examples, time); 0 at padding.

    Raises:
      UsageError: a label of a valid step is no class of the task, or no number.
    """
    flat = _flat(labels[valid])
    coded = np.zeros(labels.shape, np.int32 if task.kind is TaskKind.CLASSIFICATION else np.float32)
    if task.kind is TaskKind.CLASSIFICATION:
        coded[valid] = class_ids(flat, task, source)
    else:
        check_values(flat, task.target, source)
        coded[valid] = flat.numbers
    return coded


def _flat(labels: np.ndarray) -> Labels:
    return Labels.of(tidy(pd.Series(labels.reshape(-1))))


def split_examples(examples: int, options: DataOptions, held_out: Sequence[bool]) -> tuple[np.ndarray, ...]:
    """Places of training, evaluation and test examples; parts with data of their own stay empty."""
    shares = (options.validation_fraction, options.test_fraction)
    wanted = [0.0 if given else share for given, share in zip(held_out, shares, strict=True)]
    split = stratified(np.zeros(examples, np.int64), wanted[0], wanted[1], options.seed)
    return split.train, split.evaluation, split.test
