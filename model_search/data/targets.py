"""Labels of tables for every kind of task: which columns hold them, what they mean, and how they are coded."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from ..errors import UsageError
from ..registry import closest
from .labels import Labels, check_values, class_ids, make_task
from .provider import DataOptions, Task, TaskKind, TaskOptions
from .split import strata_of_values
from .tables.frames import Table, find_column
from .trees import Tree


@dataclass(frozen=True)
class LabelColumns:
    """The columns that are no features.

    Attributes:
      labels: one, or several of a multi-label or multi-task table.
      weight: of example weights, or empty.
      task_weights: of the weights of single tasks, by label.
    """

    labels: tuple[str, ...]
    weight: str = ""
    task_weights: Mapping[str, str] = field(default_factory=dict)

    @property
    def weights(self) -> tuple[str, ...]:
        """All columns of weights."""
        return tuple(dict.fromkeys(name for name in (self.weight, *self.task_weights.values()) if name))

    @property
    def names(self) -> tuple[str, ...]:
        """Labels and weights."""
        return (*self.labels, *self.weights)


def label_columns(columns: tuple[str, ...], options: DataOptions, source: str) -> LabelColumns:
    """Finds the columns of labels and weights.

    Raises:
      UsageError: one does not exist, is named twice, or several labels have no task.
    """
    weight = find_column(options.weight, columns, "weight", source) if options.weight else ""
    task_weights = {}
    if options.tasks:
        _refuse_other_labels(options)
        labels = tuple(_named(task.label, columns, source) for task in options.tasks)
        task_weights = {t.label: find_column(t.weight, columns, "weight", source) for t in options.tasks if t.weight}
    else:
        wanted = options.label or "-1"
        parts = [wanted] if wanted in columns else [part.strip() for part in wanted.split(",")]
        labels = tuple(find_column(part, columns, "label", source) for part in parts)
        if len(labels) > 1 and options.task != "multi_label":
            raise UsageError(
                f"label {options.label!r} names {len(labels)} columns; give task multi_label, or a spec with"
                " multi_task_spec"
            )
    found = LabelColumns(labels, weight, task_weights)
    for name in labels:
        if labels.count(name) > 1:
            raise UsageError(f"{source}: label {name!r} is named twice")
        if name in found.weights:
            raise UsageError(f"{source}: column {name!r} cannot be both label and weight")
    return found


def _refuse_other_labels(options: DataOptions) -> None:
    """The tasks name the labels; a label besides must be among them."""
    names = [task.label for task in options.tasks]
    for name in filter(None, map(str.strip, options.label.split(","))):
        if name not in names:
            raise UsageError(f"label {name!r} is no label of multi_task_spec, which names {', '.join(names)}")
    if options.label and options.label.count(",") + 1 < len(names):
        raise UsageError(
            f"label {options.label!r} is not all that multi_task_spec names: {', '.join(names)}; remove it"
        )


def _named(name: str, columns: tuple[str, ...], source: str) -> str:
    if name not in columns:
        raise UsageError(
            f"{source} has no label column {name!r}, which multi_task_spec names; {closest(name, columns)}"
        )
    return name


def present(table: Table, columns: LabelColumns, options: DataOptions) -> np.ndarray:
    """Rows that can be learned from: with a label of at least one task, else with all labels; (rows,) bool."""
    found = np.stack([Labels.of(table.frame[name]).present for name in columns.labels])
    return np.asarray(found.any(axis=0) if options.tasks else found.all(axis=0))


def with_labels(table: Table, columns: LabelColumns, options: DataOptions, notes: list[str]) -> Table:
    """The rows that have labels; how many have none goes to the notes.

    Raises:
      UsageError: no row has one.
    """
    rows = present(table, columns, options)
    if not rows.any():
        names = ", ".join(map(repr, columns.labels))
        raise UsageError(f"{table.source}: no row has a label in column {names}")
    if not rows.all():
        notes.append(f"{table.source}: {int((~rows).sum())} rows without a label are left out")
    return table.rows(rows)


def task_of(table: Table, columns: LabelColumns, options: DataOptions) -> tuple[Task, tuple[str, ...]]:
    """The task of training rows that all have labels, and notes on what was inferred.

    Raises:
      UsageError: the labels make no such task.
    """
    if options.tasks:
        tasks = tuple(_one_of_several(table, entry) for entry in options.tasks)
        return Task(TaskKind.MULTI_TASK, tasks[0].target, tasks=tasks), ()
    if options.task == TaskKind.MULTI_LABEL.value:
        if len(columns.labels) < 2:
            raise UsageError(f"task multi_label needs several labels; label {options.label!r} names one")
        for name in columns.labels:
            _zeros_and_ones(table, name)
        return Task(TaskKind.MULTI_LABEL, ",".join(columns.labels), columns.labels), ()
    labels = Labels.of(table.frame[columns.labels[0]])
    task, note = make_task(labels, columns.labels[0], options.task, table.source)
    return task, (note,) if note else ()


def _one_of_several(table: Table, entry: TaskOptions) -> Task:
    labels = Labels.of(table.frame[entry.label])
    if not labels.present.any():
        raise UsageError(f"{table.source}: no row has a label in column {entry.label!r}")
    wanted = "regression" if entry.classes == 1 else "classification"
    task, _ = make_task(labels.at(labels.present), entry.label, wanted, table.source)
    if task.classes and len(task.classes) != entry.classes:
        shown = ", ".join(task.classes[:5])
        raise UsageError(
            f"{table.source}: label {entry.label!r} has {len(task.classes)} classes ({shown}); the spec's"
            f" number_of_classes is {entry.classes}"
        )
    return task


def _zeros_and_ones(table: Table, name: str) -> np.ndarray:
    column = table.frame[name]
    if column.dtype == object:
        column = column.str.lower().map({"true": "1", "false": "0"}).fillna(column).astype(object)
    labels = Labels.of(column)
    bad = ~np.isin(labels.numbers, (0.0, 1.0))
    if bad.any():
        row, text = table.frame.index[bad][0], table.frame[name][bad].iloc[0]
        raise UsageError(f"{table.source}, row {row}: label {name!r} is {text!r}; several labels are 0 or 1 each")
    return labels.numbers.astype(np.float32)


def coded_labels(table: Table, task: Task) -> Tree:
    """Labels of rows that all have them: int32 ids, float32 values, float32 (rows, classes) zeros and ones.

    Of several tasks a dict; where a row lacks one's label it is 0, which `has_label` tells.

    Raises:
      UsageError: a label is no class of the task, no number, or neither 0 nor 1.
    """
    if task.tasks:
        return {part.target: _with_gaps(table, part) for part in task.tasks}
    if task.kind is TaskKind.MULTI_LABEL:
        return np.stack([_zeros_and_ones(table, name) for name in task.classes], axis=1)
    labels = Labels.of(table.frame[task.target])
    if task.kind is TaskKind.CLASSIFICATION:
        return class_ids(labels, task, table.source)
    check_values(labels, task.target, table.source)
    return labels.numbers.astype(np.float32)


def has_label(table: Table, task: Task) -> np.ndarray:
    """Which rows have a label of a task; (rows,) bool."""
    names = task.classes if task.kind is TaskKind.MULTI_LABEL else (task.target,)
    return np.all([Labels.of(table.frame[name]).present for name in names], axis=0)


def _with_gaps(table: Table, task: Task) -> np.ndarray:
    rows = has_label(table, task)
    coded = coded_labels(table.rows(rows), task)
    labels = np.zeros(len(table.frame), coded.dtype)
    labels[rows] = coded
    return labels


def strata_of(labels: Tree, task: Task) -> np.ndarray:
    """What a split shares out evenly: classes, bins of values, a row's rarest label, or those of the primary task."""
    if task.tasks:
        return strata_of(labels[task.tasks[0].target], task.tasks[0])
    if task.kind is TaskKind.MULTI_LABEL:
        counts = np.where(labels > 0, labels.sum(axis=0), np.inf)
        return np.where(labels.any(axis=1), counts.argmin(axis=1) + 1, 0)
    return labels if task.kind is TaskKind.CLASSIFICATION else strata_of_values(labels)


def standardised(task: Task, labels: Tree, rows: np.ndarray | None = None) -> Task:
    """The task with mean and scale of its regression labels, of the given rows (default: all)."""
    if task.kind is not TaskKind.REGRESSION:
        return task
    values = (labels if rows is None else labels[rows]).astype(np.float64)
    return replace(task, target_mean=float(values.mean()), target_scale=float(values.std()) or 1.0)


def label_counts(labels: Tree, task: Task) -> dict[str, int]:
    """Examples of each class, or positive ones of each label; of several tasks as `task=class`."""
    if task.tasks:
        return {
            f"{part.target}={name}": count
            for part in task.tasks
            for name, count in label_counts(labels[part.target], part).items()
        }
    if task.kind is TaskKind.MULTI_LABEL:
        return dict(zip(task.classes, labels.sum(axis=0).astype(int).tolist(), strict=True))
    # Labels of steps hold padding, which nothing here tells from a class: they are not counted.
    if task.is_per_step or not task.classes:
        return {}
    return dict(zip(task.classes, np.bincount(labels, minlength=len(task.classes)).tolist(), strict=True))
