"""Tables in memory: from frames of training, evaluation and test rows to a provider."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...errors import UsageError
from ..labels import Labels, class_weights
from ..memory import MemoryProvider, Part, Parts
from ..provider import Column, DataOptions, Description, Task, TaskKind
from ..split import stratified
from ..targets import (
    LabelColumns,
    coded_labels,
    has_label,
    label_columns,
    label_counts,
    standardised,
    strata_of,
    task_of,
    with_labels,
)
from ..texts.text_tokens import TextOptions
from .frames import Table
from .schema import Schema, infer_schema
from .table_inputs import TableInputs
from .table_layout import TableLayout

MANY_ROWS = 10_000
"""Training rows from which on networks gain from bins; on fewer they follow the noise with them."""


class TableProvider(MemoryProvider):
    """A provider whose raw inputs are the columns of a table."""

    def __init__(
        self, layout: TableLayout, schema: Schema, task: Task, parts: Parts, facts: Description, identity: str
    ):
        super().__init__(task, layout.inputs.signature(), encoder_of(schema), parts, facts, identity)
        self.layout = layout
        self.vocabulary_size = schema.vocabulary_size


def encoder_of(schema: Schema) -> Callable[[], Callable[[Mapping[str, Any]], Any]]:
    """A maker of the table's encoder, which loads Keras when called."""

    def make() -> Callable[[Mapping[str, Any]], Any]:
        from .table_encoder import TableEncoder

        return TableEncoder(schema)

    return make


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


def split_table(table: Table, task: Task, options: DataOptions, has_evaluation: bool, has_test: bool) -> list[Table]:
    """Training, evaluation and test rows of one table; the parts that have a file of their own stay empty."""
    evaluation = 0.0 if has_evaluation else options.validation_fraction
    test = 0.0 if has_test else options.test_fraction
    split = stratified(strata_of(coded_labels(table, task), task), evaluation, test, options.seed)
    return [table.rows(rows) for rows in (split.train, split.evaluation, split.test)]


def shuffled(table: Table, seed: int) -> Table:
    """The rows in another order, so that the first of them are a fair sample of a sorted file."""
    return table.rows(np.random.default_rng(seed).permutation(len(table.frame)))


@dataclass(frozen=True)
class TableSource:
    """Tables as given: the training rows, held-out rows where there are files of them, and facts for the layout."""

    train: Table
    evaluation: Table | None
    test: Table | None
    delimiter: str = ","
    has_header: bool = True
    digest: str = ""


def table_provider(given: TableSource, options: DataOptions, is_vector: bool = False) -> TableProvider:
    """Infers task, columns and statistics from the training rows, splits, and codes everything.

    Args:
      given: the tables.
      options: what they mean.
      is_vector: whether all features are numbers that make one input; see `Schema`.

    Raises:
      UsageError: the data do not fit the options or each other.
    """
    columns = tuple(given.train.frame.columns)
    aside = label_columns(columns, options, given.train.source)
    ready = prepare(given, aside, options)
    features = ready.train.frame.drop(columns=list(aside.names))
    types = dict.fromkeys(features.columns, "number") if is_vector else options.types
    with_bins = len(features) >= MANY_ROWS
    wanted = None if is_vector else text_options(options)
    schema = replace(infer_schema(features, types, ready.train.source, with_bins, wanted), is_vector=is_vector)
    coder = coder_for(schema.inputs, ready.task, ready.train, aside, options.class_weight)
    parts = Parts(
        coder.part(ready.train, training=True),
        coder.part(ready.evaluation),
        coder.part(ready.test) if ready.test else None,
    )
    layout = TableLayout(columns, aside.labels, aside.weights, given.delimiter, given.has_header, schema.inputs)
    facts = describe(schema.columns, coder.task, aside.weights, parts, (*ready.notes, *schema.notes))
    identity = identity_of(given.digest, options, facts) + schema.text_identity
    return TableProvider(layout, schema, coder.task, parts, facts, identity)


def text_options(options: DataOptions) -> TextOptions:
    """What is wanted of columns of text: bags of words, or for recurrent networks sequences of ids.

    Raises:
      UsageError: an option of texts is out of its range.
    """
    return TextOptions.of(options, is_sequence=options.problem_type.startswith("RNN"))


@dataclass(frozen=True)
class Prepared:
    """Rows with labels in three parts, the task, and notes."""

    train: Table
    evaluation: Table
    test: Table | None
    task: Task
    notes: tuple[str, ...]


def prepare(given: TableSource, columns: LabelColumns, options: DataOptions) -> Prepared:
    """Drops rows without label, infers the task from the training rows, and splits.

    Held-out rows come in a shuffled order, so that the first of them are a fair sample of a sorted file.

    Raises:
      UsageError: no rows are left for training or evaluation, or the labels make no task.
    """
    notes: list[str] = []
    train = with_labels(given.train, columns, options, notes)
    evaluation = with_labels(given.evaluation, columns, options, notes) if given.evaluation else None
    test = with_labels(given.test, columns, options, notes) if given.test else None
    task, inferred = task_of(train, columns, options)
    train, split_evaluation, split_test = split_table(train, task, options, evaluation is not None, test is not None)
    evaluation, test = evaluation or split_evaluation, test or split_test
    if not len(evaluation.frame):
        raise UsageError("no evaluation data: give a validation file or a validation_fraction above 0")
    held_out = [shuffled(table, options.seed) if len(table.frame) else None for table in (evaluation, test)]
    assert held_out[0] is not None
    return Prepared(train, held_out[0], held_out[1], task, (*notes, *inferred))


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
        """Examples of a table whose rows have a label of at least one task."""
        labels, weights = {}, {}
        for coder in self.coders:
            rows = has_label(table, coder.task)
            name = coder.task.target
            some, weights_of_some = coder.labelled(table.rows(rows), training)
            labels[name], weights[name] = np.zeros(len(rows), some.dtype), np.zeros(len(rows), np.float32)
            labels[name][rows], weights[name][rows] = some, weights_of_some
            if not weights_of_some.any():
                raise UsageError(f"{table.source}: no row has a label of {name!r} with a weight above 0")
        return Part(self.inputs.arrays(table.frame, table.source), labels, weights)


def coder_for(
    inputs: TableInputs, task: Task, train: Table, columns: LabelColumns, class_weight: str
) -> PartCoder | TasksCoder:
    """The coder of a task, with scales and class weights of the training rows.

    Raises:
      UsageError: weights are unusable, or class weights do not fit the task.
    """
    if not task.tasks:
        return PartCoder.fit(inputs, task, train, columns.weight, class_weight)
    if class_weight not in ("", "balanced"):
        raise UsageError(f"class_weight {class_weight!r} must be 'balanced' where there are several tasks")
    coders = []
    for part in task.tasks:
        weight = columns.task_weights.get(part.target, columns.weight)
        rows = train.rows(has_label(train, part))
        coders.append(PartCoder.fit(inputs, part, rows, weight, class_weight if part.classes else ""))
    tasks = tuple(coder.task for coder in coders)
    return TasksCoder(inputs, replace(task, tasks=tasks), tuple(coders))


def describe_columns(columns: tuple[Column, ...], task: Task, weights: Sequence[str]) -> tuple[Column, ...]:
    """Lines of the features, the labels and the weights."""
    lines = [Column(name, "weight", "divided by its mean") for name in weights]
    if task.kind is TaskKind.MULTI_LABEL:
        return (*columns, *(Column(name, "label", "0 or 1") for name in task.classes), *lines)
    labels = []
    for part in task.tasks or (task,):
        kind = f"{len(part.classes)} classes" if part.classes else f"mean {part.target_mean:.4g}"
        labels.append(Column(part.target, "label", kind))
    return (*columns, *labels, *lines)


def describe(
    columns: tuple[Column, ...], task: Task, weights: Sequence[str], parts: Parts, notes: tuple[str, ...]
) -> Description:
    """What was inferred, for people."""
    return Description(
        len(parts.train),
        len(parts.evaluation),
        len(parts.test) if parts.test else None,
        describe_columns(columns, task, weights),
        notes,
        label_counts(parts.train.labels, task),
    )


PREPROCESSING = 1
"""Version of the encoding; it changes when the same data would be encoded in another way."""


def identity_of(digest: str, options: DataOptions, facts: Description) -> str:
    """A line of the data's digest, sizes and every option that changes split, types or weights."""
    sizes = f"{facts.train_examples}+{facts.evaluation_examples}+{facts.test_examples or 0}"
    chosen = [
        f"{name}={value}"
        for name, value in (
            ("label", options.label),
            ("columns", ",".join(options.columns)),
            ("types", ",".join(f"{k}:{v}" for k, v in sorted(options.types.items()))),
            ("weight", options.weight),
            ("class_weight", options.class_weight),
            ("task", options.task),
            ("tasks", ",".join(f"{t.label}:{t.classes}:{t.weight}" for t in options.tasks)),
            ("validation", f"{options.validation_fraction:g}"),
            ("test", f"{options.test_fraction:g}"),
            ("seed", str(options.seed)),
        )
        if value
    ]
    return " ".join([f"table sha256:{digest}", f"rows={sizes}", f"encoding={PREPROCESSING}", *chosen])
