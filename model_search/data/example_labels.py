"""Labels and weights of examples whose inputs are no table: the one place where they become tasks and parts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ..errors import UsageError
from .frames import Table
from .inputs import as_text
from .provider import Column, DataOptions, Description, Task
from .table_inputs import TableInputs
from .tabular import PartCoder, TableSource, describe_columns, prepare
from .targets import LabelColumns, label_counts

LABEL = "label"

USUAL_LABELS = ("label", "labels", "y")
"""What the label is called where nothing else is said."""


@dataclass(frozen=True)
class Labelled:
    """Labels (n,), weights (n,) or None, numbers (n,) that errors call them by, and where they are from."""

    labels: np.ndarray
    weights: np.ndarray | None
    numbers: np.ndarray
    source: str

    def at(self, places: np.ndarray) -> "Labelled":
        """Some of them, by position or mask."""
        weights = self.weights[places] if self.weights is not None else None
        return replace(self, labels=self.labels[places], weights=weights, numbers=self.numbers[places])

    def table(self, label: str) -> Table:
        """Labels and weights as a table."""
        weights = {weight_column(label): self.weights} if self.weights is not None else {}
        return Table.of(pd.DataFrame({label: self.labels, **weights}, index=self.numbers), self.source)


def weight_column(label: str) -> str:
    """What weights are called beside a label."""
    return f"weight of {label}"


@dataclass(frozen=True)
class CodedRows:
    """Examples of one part.

    Attributes:
      given: which data they are of: 0 the training data, 1 the validation data, 2 the test data.
      numbers: which of them, (rows,).
      labels: class ids int32 or values float32, (rows,).
      weights: (rows,) float32.
    """

    given: int
    numbers: np.ndarray
    labels: np.ndarray
    weights: np.ndarray


@dataclass(frozen=True)
class Coded:
    """Training, evaluation and test examples with their task, and what was found on the way."""

    task: Task
    parts: tuple[CodedRows, CodedRows, CodedRows | None]
    notes: tuple[str, ...]
    has_weights: bool

    def describe(self, columns: tuple[Column, ...], notes: Sequence[str] = ()) -> Description:
        """What was inferred, for people."""
        train, evaluation, test = self.parts
        return Description(
            len(train.labels),
            len(evaluation.labels),
            len(test.labels) if test else None,
            describe_columns(columns, self.task, [weight_column(self.task.target)] if self.has_weights else []),
            (*self.notes, *notes),
            label_counts(train.labels, self.task),
        )


def find_label(wanted: str, names: Sequence[str], source: str) -> str:
    """The name of the label among those of the data.

    Raises:
      UsageError: there is none of the name, or none of the usual names.
    """
    found = wanted if wanted in names else next((name for name in USUAL_LABELS if name in names and not wanted), "")
    if not found:
        missing = f"no label {wanted!r}" if wanted else f"none of the usual labels {', '.join(USUAL_LABELS)}"
        raise UsageError(
            f"{source} has {missing}; it has {', '.join(sorted(names)) or 'nothing'}; name one with --label"
        )
    return found


def code(
    given: Sequence[Labelled | None], options: DataOptions, label: str = LABEL, parts: Sequence[int] = (0, 1, 2)
) -> Coded:
    """Infers the task from the training labels, splits where no held-out data are given, and codes all labels.

    Args:
      given: training, validation and test data; None where the options' share of the training data takes their place.
      options: task, class weights, fractions and seed.
      label: its name.
      parts: which data each of `given` is of, see `CodedRows`.

    Raises:
      UsageError: labels make no task or do not fit each other, or a part would be empty.
    """
    train = given[0]
    assert train is not None
    if options.tasks:
        raise UsageError(f"tasks {', '.join(task.label for task in options.tasks)}: {train.source} takes one task")
    tables = [one.table(label) if one else None for one in given]
    assert tables[0] is not None
    weight = weight_column(label) if train.weights is not None else ""
    ready = prepare(TableSource(tables[0], tables[1], tables[2]), LabelColumns((label,), weight), options)
    coder = PartCoder.fit(TableInputs(()), ready.task, ready.train, weight, options.class_weight)

    def coded(place: int, table: Table, training: bool = False) -> CodedRows:
        plain = coder if not weight or weight in table.frame.columns else replace(coder, weight="", weight_scale=1.0)
        part = plain.part(table, training)
        return CodedRows(
            parts[place] if given[place] else parts[0], table.frame.index.to_numpy(), part.labels, part.weights
        )

    found = (
        coded(0, ready.train, training=True),
        coded(1, ready.evaluation),
        coded(2, ready.test) if ready.test else None,
    )
    return Coded(coder.task, found, ready.notes, bool(weight))


def as_labels(values: np.ndarray, what: str, examples: int, source: str) -> np.ndarray:
    """Labels or weights (n,), as given or as (n, 1).

    Raises:
      UsageError: the shape is another.
    """
    column = values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values
    if column.shape != (examples,):
        raise UsageError(f"{source}: {what} has shape {values.shape}; the inputs have {examples} examples")
    column = as_text(column)
    return column.astype(object) if column.dtype.kind == "U" else column
