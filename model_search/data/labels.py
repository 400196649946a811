"""Labels of tables and arrays: which task they make, and how they become class ids."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..errors import UsageError
from ..registry import closest
from .provider import Task, TaskKind
from .tables.values import is_text, missing_mask, to_numbers

FEW_VALUES = 20
"""Up to so many different integers are class ids."""

EXAMPLES_PER_CLASS = 5
"""More integers than that are class ids if they run from 0 or 1 without gaps, each with so many examples."""


@dataclass(frozen=True)
class Labels:
    """The label column of a table.

    Attributes:
      texts: labels as strings without blanks around them, empty where missing; (rows,), indexed by row number.
      numbers: labels as numbers, NaN where missing or no number; (rows,).
    """

    texts: pd.Series
    numbers: np.ndarray

    @classmethod
    def of(cls, column: pd.Series) -> "Labels":
        """From a tidy column (see `values.tidy`): whole numbers are spelled without a point."""
        numbers = to_numbers(column) if is_text(column) else column.to_numpy(dtype=np.float64)
        if is_text(column):
            texts = column.mask(missing_mask(column), "")
        else:
            texts = pd.Series([number_name(v) for v in numbers.tolist()], index=column.index, dtype=object)
        return cls(texts, numbers)

    @property
    def present(self) -> np.ndarray:
        """Which rows have a label; (rows,) bool."""
        return (self.texts != "").to_numpy(dtype=bool)

    def at(self, rows: np.ndarray) -> "Labels":
        """Some of the rows, by position or mask."""
        return Labels(self.texts.iloc[rows], self.numbers[rows])


def number_name(value: float) -> str:
    """A number as a class name: `1` for 1.0, the empty string for NaN."""
    if not np.isfinite(value):
        return "" if np.isnan(value) else str(value)
    return str(int(value)) if value == int(value) else str(value)


def infer_task(labels: Labels) -> tuple[TaskKind, str]:
    """Classification or regression, and why, in words.

    Words are classes; numbers with fractions are values. Integers are classes if there are at most `FEW_VALUES`
    different ones, or if they run from 0 or 1 without gaps and each has at least `EXAMPLES_PER_CLASS` examples.

    Args:
      labels: of rows that have one.
    """
    if not np.isfinite(labels.numbers).all():
        return TaskKind.CLASSIFICATION, "labels are words"
    values, counts = np.unique(labels.numbers, return_counts=True)
    if (values != np.round(values)).any():
        return TaskKind.REGRESSION, "labels have fractions"
    if len(values) <= FEW_VALUES:
        return TaskKind.CLASSIFICATION, f"labels are {len(values)} different integers"
    if values[0] in (0, 1) and values[-1] - values[0] + 1 == len(values) and counts.min() >= EXAMPLES_PER_CLASS:
        return TaskKind.CLASSIFICATION, f"labels are the integers {values[0]:g} to {values[-1]:g} without gaps"
    return TaskKind.REGRESSION, f"labels are {len(values)} different integers"


def make_task(labels: Labels, target: str, wanted: str, source: str) -> tuple[Task, str]:
    """The task of a label column, and a note on how it was inferred (empty where it was given).

    Args:
      labels: of all rows that have one.
      target: the label's name.
      wanted: `classification`, `regression`, or empty to infer.
      source: file or argument, for errors.

    Raises:
      UsageError: `wanted` is neither, a regression label is no number, or there are fewer than two classes.
    """
    if wanted not in ("", "classification", "regression"):
        raise UsageError(f"task {wanted!r} must be classification, regression, or multi_label with several labels")
    kind, reason = infer_task(labels)
    if wanted:
        kind = TaskKind(wanted)
    if kind is TaskKind.REGRESSION:
        check_values(labels, target, source)
        if labels.numbers.min() == labels.numbers.max():
            raise UsageError(f"{source}: label {target!r} is {labels.numbers[0]:g} in every row; nothing to learn")
        task = Task(kind, target)
    else:
        names = class_names(labels)
        if len(names) < 2:
            raise UsageError(f"{source}: label {target!r} has one class, {names[0]!r}; at least two are needed")
        task = Task(kind, target, names)
    return task, "" if wanted else f"{kind.value}, because {reason}; say so with task if it is not"


def class_names(labels: Labels) -> tuple[str, ...]:
    """Classes in order: numbers by value (`1` and `1.0` are one class), words by alphabet."""
    if np.isfinite(labels.numbers).all():
        return tuple(number_name(value) for value in np.unique(labels.numbers).tolist())
    return tuple(sorted(labels.texts.unique().tolist()))


def check_values(labels: Labels, target: str, source: str) -> None:
    """Refuses regression labels that are no finite numbers.

    Raises:
      UsageError: names the first of them with its row.
    """
    bad = ~np.isfinite(labels.numbers)
    if bad.any():
        row, text = labels.texts.index[bad][0], labels.texts[bad].iloc[0]
        raise UsageError(f"{source}, row {row}: label {target!r} is {text!r}; regression needs a number")


def class_ids(labels: Labels, task: Task, source: str) -> np.ndarray:
    """Class ids (rows,) int32 of rows that have a label.

    A label that is no class, but is one without the dot at its end (or with one), is that class: held-out files of the
    UCI repository are written so.

    Raises:
      UsageError: another label is no class; names the row and the nearest classes.
    """
    known = {name: index for index, name in enumerate(task.classes)}
    ids: dict[str, int] = {}
    for text in labels.texts.unique().tolist():
        name = _class_of(text, known)
        if name is None:
            row = labels.texts.index[(labels.texts == text).to_numpy()][0]
            raise UsageError(
                f"{source}, row {row}: label {text!r} is not among the {len(known)} classes of the training data;"
                f" {closest(text, known)}"
            )
        ids[text] = known[name]
    return labels.texts.map(ids).to_numpy(dtype=np.int32)


def _class_of(text: str, known: dict[str, int]) -> str | None:
    numbers = to_numbers(pd.Series([text], dtype=object)).tolist()
    spellings = [text, text.removesuffix("."), text + ".", number_name(numbers[0])]
    return next((name for name in spellings if name and name in known), None)


def class_weights(text: str, task: Task, counts: Sequence[float]) -> np.ndarray:
    """Weight of each class in training; (classes,) float64, all 1 where `text` is empty.

    `balanced` gives every class the same sum of weights, with a mean of 1 over all examples.

    Args:
      text: empty, `balanced`, or `class=weight` pairs separated by commas; classes not named weigh 1.
      task: the task.
      counts: examples (or the sum of their weights) of each class in the training data.

    Raises:
      UsageError: a class is unknown, a weight is no positive number, or the task is regression.
    """
    weights = np.ones(max(1, len(task.classes)))
    if not text:
        return weights
    if task.kind is not TaskKind.CLASSIFICATION:
        raise UsageError(f"class_weight {text!r} needs classes; the task is {task.kind.value}")
    if text == "balanced":
        total = np.asarray(counts, dtype=np.float64)
        return np.divide(total.sum(), len(total) * total, out=weights, where=total > 0)
    for pair in text.split(","):
        name, _, weight = (part.strip() for part in pair.rpartition("="))
        if "=" not in pair:
            raise UsageError(f"class_weight {pair.strip()!r} is neither 'balanced' nor of the form class=weight")
        if name not in task.classes:
            raise UsageError(f"class_weight {pair.strip()!r}: no class {name!r}; {closest(name, task.classes)}")
        try:
            value = float(weight)
        except ValueError:
            value = np.nan
        if not (np.isfinite(value) and value >= 0):
            raise UsageError(f"class_weight {pair.strip()!r}: {weight!r} is not a number of 0 or more")
        weights[task.classes.index(name)] = value
    return weights
