"""Labels and weights of examples whose inputs are no table: the one place where they become tasks and parts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ..errors import UsageError
from .label_arrays import as_columns
from .labels import Labels
from .provider import Column, DataOptions, Description, Task
from .step_labels import coded_steps, split_examples, task_of_steps
from .tables.coders import coder_for
from .tables.frames import Table
from .tables.table_inputs import TableInputs
from .tables.tabular import TableSource, describe_columns, prepare
from .targets import LabelColumns, label_columns, label_counts
from .trees import Tree, count, mapped

LABEL = "label"

USUAL_LABELS = ("label", "labels", "y")
"""What the label is called where nothing else is said."""


@dataclass(frozen=True)
class Labelled:
    """Labels of examples whose inputs are no table.

    Attributes:
      labels: see `label_arrays`.
      weights: (n,), or None.
      numbers: (n,), what errors call them by.
      source: where they are from.
      valid: which steps are no padding, (n, time), where steps have labels.
    """

    labels: Tree
    weights: np.ndarray | None
    numbers: np.ndarray
    source: str
    valid: np.ndarray | None = None

    def at(self, places: np.ndarray) -> "Labelled":
        """Some of them, by position or mask."""
        weights = self.weights[places] if self.weights is not None else None
        valid = self.valid[places] if self.valid is not None else None
        labels = mapped(lambda array: array[places], self.labels)
        return replace(self, labels=labels, weights=weights, numbers=self.numbers[places], valid=valid)

    def table(self, label: str) -> Table:
        """Labels and weights as a table."""
        weights = {weight_column(label): self.weights} if self.weights is not None else {}
        columns = {**as_columns(self.labels, label), **weights}
        return Table.of(pd.DataFrame(columns, index=self.numbers), self.source)


def weight_column(label: str) -> str:
    """What weights are called beside a label."""
    return f"weight of {label}"


@dataclass(frozen=True)
class CodedRows:
    """Examples of one part.

    Attributes:
      given: which data they are of: 0 the training data, 1 the validation data, 2 the test data.
      numbers: which of them, (rows,).
      labels, weights: coded, as `Provider` has them.
    """

    given: int
    numbers: np.ndarray
    labels: Tree
    weights: Tree


@dataclass(frozen=True)
class Coded:
    """Training, evaluation and test examples with their task, notes on it, and what their weights are called."""

    task: Task
    parts: tuple[CodedRows, CodedRows, CodedRows | None]
    notes: tuple[str, ...]
    weights: tuple[str, ...]

    def describe(self, columns: tuple[Column, ...], notes: Sequence[str] = ()) -> Description:
        """What was inferred, for people."""
        train, evaluation, test = self.parts
        return Description(
            count(train.labels),
            count(evaluation.labels),
            count(test.labels) if test else None,
            describe_columns(columns, self.task, self.weights),
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


def find_labels(options: DataOptions, names: Sequence[str], source: str) -> LabelColumns:
    """Which of named arrays or features are labels and weights: those of the tasks, or what `label` and `weight` name.

    Raises:
      UsageError: there is none of a name, or several labels have no task.
    """
    for name in (options.weight, *(task.weight for task in options.tasks)):
        if name and name not in names:
            raise UsageError(f"{source} has no weights {name!r}; it has {', '.join(sorted(names))}")
    if not options.tasks:
        wanted = [options.label] if options.label in names else [part.strip() for part in options.label.split(",")]
        options = replace(options, label=",".join(find_label(name, names, source) for name in wanted))
    return label_columns(tuple(names), options, source)


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
    if train.valid is not None:
        return _code_steps(given, options, label, parts)
    tables = [one.table(label) if one else None for one in given]
    assert tables[0] is not None
    weight = weight_column(label) if train.weights is not None else ""
    own = replace(options, label="" if options.tasks else ",".join(as_columns(train.labels, label)), weight=weight)
    columns = label_columns(tuple(tables[0].frame.columns), own, train.source)
    ready = prepare(TableSource(tables[0], tables[1], tables[2]), columns, own)
    coder = coder_for(TableInputs(()), ready.task, ready.train, columns, options.class_weight)

    def coded(place: int, table: Table, training: bool = False) -> CodedRows:
        part = coder.part(weighted(table, ready.train, columns.weights), training)
        return CodedRows(_origin(given, parts, place), table.frame.index.to_numpy(), part.labels, part.weights)

    found = (
        coded(0, ready.train, training=True),
        coded(1, ready.evaluation),
        coded(2, ready.test) if ready.test else None,
    )
    return Coded(coder.task, found, ready.notes, columns.weights)


def weighted(table: Table, train: Table, weights: Sequence[str]) -> Table:
    """The examples, where they lack weights with those that training examples have in the mean."""
    missing = [name for name in weights if name not in table.frame.columns]
    means = {name: float(np.nanmean(Labels.of(train.frame[name]).numbers)) for name in missing}
    return replace(table, frame=table.frame.assign(**means))


def _origin(given: Sequence[Labelled | None], parts: Sequence[int], place: int) -> int:
    """Which data the examples of a part are of."""
    return parts[place] if given[place] else parts[0]


def _code_steps(given: Sequence[Labelled | None], options: DataOptions, label: str, parts: Sequence[int]) -> Coded:
    """`code` where each step has a label."""
    train = given[0]
    assert train is not None and train.valid is not None
    split = split_examples(len(train.labels), options, [one is not None for one in given[1:]])
    pieces = [train.at(rows) for rows in split]
    chosen = [pieces[0], *(one or piece for one, piece in zip(given[1:], pieces[1:], strict=True))]
    if not len(chosen[1].labels):
        raise UsageError("no evaluation data: give validation data or a validation_fraction above 0")
    assert chosen[0].valid is not None
    task = task_of_steps(chosen[0].labels, chosen[0].valid, label, options, train.source)
    mean = float(chosen[0].weights.mean()) if chosen[0].weights is not None else 1.0

    def coded(place: int, one: Labelled) -> CodedRows:
        assert one.valid is not None
        weights = np.ones(len(one.labels)) if one.weights is None else one.weights / mean
        labels = coded_steps(one.labels, one.valid, task, one.source)
        return CodedRows(_origin(given, parts, place), one.numbers, labels, weights.astype(np.float32))

    test = coded(2, chosen[2]) if len(chosen[2].labels) else None
    weights = (weight_column(label),) if train.weights is not None else ()
    return Coded(task, (coded(0, chosen[0]), coded(1, chosen[1]), test), (), weights)
