"""What one pass over the rows of a table keeps of their labels: counts, weights and moments, in bounded memory."""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from ...errors import UsageError
from ..labels import Labels, class_ids, class_weights
from ..provider import Task, TaskKind
from ..targets import LabelColumns, coded_labels
from .coders import PartCoder, TasksCoder, combined_coder, example_weights
from .frames import Table
from .table_inputs import TableInputs

MAXIMUM_LABELS = 100_000
"""So many different labels of a column are counted; more are values of a regression."""

ENOUGH = 5
"""Rows of each different label that are kept: `labels.infer_task` asks for no more."""


@dataclass
class LabelFacts:
    """One column of labels.

    Attributes:
      rows, weight: rows that have the label, and the sum of their weights.
      counts, weights: the same of each different label, up to `MAXIMUM_LABELS`.
      finite, mean, squares: of the labels that are finite numbers: how many, their mean, and the sum of the squared
        distances from it.
    """

    rows: int = 0
    weight: float = 0.0
    counts: dict[str, int] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=dict)
    finite: int = 0
    mean: float = 0.0
    squares: float = 0.0

    @property
    def is_full(self) -> bool:
        """Whether further labels are no longer counted."""
        return len(self.counts) >= MAXIMUM_LABELS

    def add(self, labels: Labels, weights: np.ndarray) -> np.ndarray:
        """Counts rows that have the label.

        Returns:
          Which of them should be kept so that each different label is seen `ENOUGH` times; (rows,) bool.
        """
        self.rows += len(weights)
        self.weight += float(weights.sum())
        self._add_numbers(labels.numbers)
        if self.is_full:
            return ~np.isfinite(labels.numbers)
        codes, names = pd.factorize(labels.texts.to_numpy(dtype=object))
        counts, sums = np.bincount(codes).tolist(), np.bincount(codes, weights).tolist()
        before = np.array([self.counts.get(name, 0) for name in names], dtype=np.int64)
        for name, count, total in zip(names, counts, sums, strict=True):
            self.counts[name] = self.counts.get(name, 0) + count
            self.weights[name] = self.weights.get(name, 0.0) + total
        return _occurrences(codes) + before[codes] < ENOUGH if len(codes) else np.zeros(0, dtype=bool)

    def _add_numbers(self, numbers: np.ndarray) -> None:
        """Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for sample variances", 1979, (2.1)."""
        values = numbers[np.isfinite(numbers)].astype(np.float32).astype(np.float64)
        if len(values):
            total, shift = self.finite + len(values), float(values.mean()) - self.mean
            self.squares += float(((values - values.mean()) ** 2).sum())
            self.squares += shift**2 * self.finite * len(values) / total
            self.mean += shift * len(values) / total
            self.finite = total

    def by_class(self, task: Task, source: str, amounts: dict[str, int] | dict[str, float]) -> list[float]:
        """Counts or weights of each class of a task of this column."""
        ids = class_ids(Labels.of(pd.Series(list(amounts), dtype=object)), task, source)
        return np.bincount(ids, list(amounts.values()), len(task.classes)).tolist()


def _occurrences(codes: np.ndarray) -> np.ndarray:
    """How often each code stands before its place; (rows,) int."""
    order = np.argsort(codes, kind="stable")
    places = np.arange(len(codes))
    first = np.searchsorted(codes[order], codes[order])
    found = np.empty(len(codes), dtype=np.int64)
    found[order] = places - first
    return found


@dataclass
class TableFacts:
    """What a pass over the rows of one part keeps.

    Attributes:
      columns: of labels and weights.
      source: for errors.
      rows: how many there were.
      labels: facts by column of labels.
      kept: label columns of rows that show each different label.
    """

    columns: LabelColumns
    source: str
    rows: int = 0
    labels: dict[str, LabelFacts] = field(default_factory=dict)
    kept: list[pd.DataFrame] = field(default_factory=list)

    def add(self, table: Table) -> None:
        """Counts rows that have a label.

        Raises:
          UsageError: a weight is unusable.
        """
        self.rows += len(table.frame)
        shown = np.zeros(len(table.frame), dtype=bool)
        for name in self.columns.labels:
            labels = Labels.of(table.frame[name])
            rows = np.flatnonzero(labels.present)
            weights = example_weights(table.rows(rows), self.weight_of(name))
            facts = self.labels.setdefault(name, LabelFacts())
            shown[rows[facts.add(labels.at(rows), weights)]] = True
        if shown.any():
            self.kept.append(table.frame.loc[shown, list(self.columns.labels)])

    def weight_of(self, label: str) -> str:
        """The column of a label's weights, or empty."""
        return self.columns.task_weights.get(label, self.columns.weight)

    def table(self) -> Table:
        """Labels of rows that show each different label; those of training rows are enough to infer the task."""
        frames = self.kept or [pd.DataFrame({name: [] for name in self.columns.labels}, dtype=object)]
        return Table(pd.concat(frames), self.source)

    def check(self, task: Task) -> None:
        """Refuses labels that the task does not know, and weights of 0 alone.

        Raises:
          UsageError: names the first row with such a label, or the column of weights.
        """
        coded_labels(self.table(), task)
        for part in task.tasks:
            if not self.labels[part.target].weight:
                raise UsageError(f"{self.source}: no row has a label of {part.target!r} with a weight above 0")
            self._check_number(part)
        self._check_number(task)

    def _check_number(self, task: Task) -> None:
        if task.kind is TaskKind.CLASSIFICATION and self.labels[task.target].is_full:
            raise UsageError(f"{self.source}: label {task.target!r} has {MAXIMUM_LABELS:,} classes or more")

    def coder(self, inputs: TableInputs, task: Task, class_weight: str) -> PartCoder | TasksCoder:
        """What `coders.coder_for` makes of all these rows.

        Raises:
          UsageError: as there.
        """

        def fit(part: Task, weight: str, balance: str) -> PartCoder:
            facts = self.labels[part.target if part.target in self.labels else self.columns.labels[0]]
            if not facts.weight:
                raise UsageError(f"{self.source}: all weights in {weight!r} are 0")
            is_single = part.kind is TaskKind.CLASSIFICATION
            counts = facts.by_class(part, self.source, facts.weights) if is_single else []
            if part.kind is TaskKind.REGRESSION:
                part = with_moments(part, facts)
            return PartCoder(inputs, part, weight, facts.weight / facts.rows, class_weights(balance, part, counts))

        return combined_coder(inputs, task, self.columns, class_weight, fit)

    def label_counts(self, task: Task) -> dict[str, int]:
        """Rows of each class, see `targets.label_counts`; rows without a task's label do not count."""
        if task.tasks:
            several = {part.target: self.label_counts(part) for part in task.tasks}
            return {f"{name}={key}": count for name, counts in several.items() for key, count in counts.items()}
        if task.kind is TaskKind.MULTI_LABEL:
            return {name: self._ones(name) for name in task.classes}
        if not task.classes:
            return {}
        facts = self.labels[task.target]
        counts = facts.by_class(task, self.source, facts.counts)
        return dict(zip(task.classes, map(int, counts), strict=True))

    def _ones(self, name: str) -> int:
        counts = self.labels[name].counts
        table = Table(pd.DataFrame({name: list(counts)}, dtype=object), self.source)
        ones = coded_labels(table, Task(TaskKind.MULTI_LABEL, name, (name,)))[:, 0]
        return int((ones * list(counts.values())).sum())


def with_moments(task: Task, facts: LabelFacts) -> Task:
    """A regression with the mean and the scale of its labels."""
    return replace(task, target_mean=facts.mean, target_scale=(facts.squares / facts.finite) ** 0.5 or 1.0)
