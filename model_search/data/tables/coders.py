"""From rows of a table to examples: inputs, coded labels and weights, with what was learnt from the training rows."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ...errors import UsageError
from ..labels import Labels, class_weights
from ..memory import Part
from ..provider import Task, TaskKind
from ..targets import LabelColumns, coded_labels, has_label, standardised
from .frames import Table
from .table_inputs import TableInputs


def example_weights(table: Table, column: str) -> np.ndarray:
    """Weights (rows,) float64 of a column, 1 where there is none.

    Raises:
      UsageError: a weight is missing, no number, negative or infinite.
    """
    if not column:
        return np.ones(len(table.frame))
    weights = Labels.of(table.frame[column]).numbers
    bad = ~(np.isfinite(weights) & (weights >= 0))
    if bad.any():
        value = table.frame[column][bad].iloc[0]
        row = table.frame.index[bad][0]
        raise UsageError(f"{table.source}, row {row}: weight {value!r} in {column!r} is not a number of 0 or more")
    return weights


@dataclass(frozen=True)
class PartCoder:
    """Turns rows into examples, with what was learnt from the training rows.

    Attributes:
      inputs: which columns a model reads.
      task: with the mean and the scale of regression labels.
      weight: column of example weights, or empty.
      weight_scale: mean weight of the training rows; weights are divided by it.
      class_weights: multiply the weights of training examples; (classes,).
    """

    inputs: TableInputs
    task: Task
    weight: str
    weight_scale: float
    class_weights: np.ndarray

    @classmethod
    def fit(cls, inputs: TableInputs, task: Task, train: Table, weight: str, class_weight: str) -> "PartCoder":
        """Learns scales and class weights from training rows."""
        labels, weights = coded_labels(train, task), example_weights(train, weight)
        if not weights.any():
            raise UsageError(f"{train.source}: all weights in {weight!r} are 0")
        is_single = task.kind is TaskKind.CLASSIFICATION
        counts = np.bincount(labels, weights, len(task.classes)).tolist() if is_single else []
        task = standardised(task, labels)
        return cls(inputs, task, weight, float(weights.mean()), class_weights(class_weight, task, counts))

    def part(self, table: Table, training: bool = False) -> Part:
        """Examples of a table whose rows all have a label; class weights apply to training only."""
        labels, weights = self.labelled(table, training)
        return Part(self.inputs.arrays(table.frame, table.source), labels, weights)

    def piece(self, table: Table, training: bool = False) -> Part:
        """The same of some rows of a table."""
        return self.part(table, training)

    def labelled(self, table: Table, training: bool) -> tuple[np.ndarray, np.ndarray]:
        """Labels and weights of the rows."""
        labels = coded_labels(table, self.task)
        weights = example_weights(table, self.weight) / self.weight_scale
        if training and self.task.kind is TaskKind.CLASSIFICATION:
            weights = weights * self.class_weights[labels]
        return labels, weights.astype(np.float32)


@dataclass(frozen=True)
class TasksCoder:
    """Turns rows into examples of several tasks; where a row lacks a task's label, its weight for that task is 0.

    Attributes:
      inputs: which columns a model reads.
      task: the tasks together.
      coders: of each of them, in their order.
    """

    inputs: TableInputs
    task: Task
    coders: tuple[PartCoder, ...]

    def part(self, table: Table, training: bool = False) -> Part:
        """Examples of a table whose rows have a label of at least one task.

        Raises:
          UsageError: a task has no label with a weight above 0.
        """
        found = self.piece(table, training)
        for name, weights in found.weights.items():
            if not weights.any():
                raise UsageError(f"{table.source}: no row has a label of {name!r} with a weight above 0")
        return found

    def piece(self, table: Table, training: bool = False) -> Part:
        """The same of some rows of a table, which may lack a task's label."""
        labels, weights = {}, {}
        for coder in self.coders:
            rows = has_label(table, coder.task)
            name = coder.task.target
            some, weights_of_some = coder.labelled(table.rows(rows), training)
            labels[name], weights[name] = np.zeros(len(rows), some.dtype), np.zeros(len(rows), np.float32)
            labels[name][rows], weights[name][rows] = some, weights_of_some
        return Part(self.inputs.arrays(table.frame, table.source), labels, weights)


def coder_for(
    inputs: TableInputs, task: Task, train: Table, columns: LabelColumns, class_weight: str
) -> PartCoder | TasksCoder:
    """The coder of a task, with scales and class weights of the training rows.

    Raises:
      UsageError: weights are unusable, or class weights do not fit the task.
    """

    def fit(part: Task, weight: str, balance: str) -> PartCoder:
        return PartCoder.fit(inputs, part, train.rows(has_label(train, part)), weight, balance)

    return combined_coder(inputs, task, columns, class_weight, fit)


def combined_coder(
    inputs: TableInputs,
    task: Task,
    columns: LabelColumns,
    class_weight: str,
    fit: Callable[[Task, str, str], PartCoder],
) -> PartCoder | TasksCoder:
    """The coder of one task or of several.

    Args:
      inputs: which columns a model reads.
      task: the task.
      columns: of labels and weights.
      class_weight: see `labels.class_weights`.
      fit: the coder of a single task, with this column of weights and these class weights.

    Raises:
      UsageError: class weights do not fit the task.
    """
    if not task.tasks:
        return fit(task, columns.weight, class_weight)
    if class_weight not in ("", "balanced"):
        raise UsageError(f"class_weight {class_weight!r} must be 'balanced' where there are several tasks")
    coders = tuple(
        fit(part, columns.task_weights.get(part.target, columns.weight), class_weight if part.classes else "")
        for part in task.tasks
    )
    return TasksCoder(inputs, replace(task, tasks=tuple(coder.task for coder in coders)), coders)
