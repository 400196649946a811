"""Tables in memory: from frames of training, evaluation and test rows to a provider."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ..errors import UsageError
from ..registry import closest
from .labels import Labels, check_values, class_ids, class_weights, make_task
from .memory import MemoryProvider, Part, Parts
from .provider import Column, DataOptions, Description, Task, TaskKind
from .schema import Schema, infer_schema
from .split import strata_of_values, stratified
from .table_inputs import TableInputs
from .table_layout import TableLayout
from .text_tokens import TextOptions
from .values import tidy

MANY_ROWS = 10_000
"""Training rows from which on networks gain from bins; on fewer they follow the noise with them."""


@dataclass(frozen=True)
class Table:
    """Rows of one file or frame: tidy columns (see `values.tidy`) by name, indexed by row number, and where from."""

    frame: pd.DataFrame
    source: str

    @classmethod
    def of(cls, frame: pd.DataFrame, source: str) -> "Table":
        """From a frame of any dtypes."""
        return cls(pd.DataFrame({str(name): tidy(frame[name]) for name in frame.columns}, index=frame.index), source)

    def rows(self, places: np.ndarray) -> "Table":
        """Some of the rows, by position or mask."""
        return replace(self, frame=self.frame.iloc[places])


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


def find_column(wanted: str, columns: tuple[str, ...], what: str, source: str) -> str:
    """The column that a name or an index means; a name that looks like an index goes first.

    Raises:
      UsageError: there is no such column.
    """
    if wanted in columns:
        return wanted
    try:
        index = int(wanted)
    except ValueError:
        raise UsageError(f"{source} has no {what} column {wanted!r}; {closest(wanted, columns)}") from None
    if not -len(columns) <= index < len(columns):
        raise UsageError(f"{source} has no {what} column {wanted}; there are {len(columns)}, counted from 0")
    return columns[index]


def roles(columns: tuple[str, ...], options: DataOptions, source: str) -> tuple[str, str]:
    """Names of the label and the weight column (empty for none).

    Raises:
      UsageError: one does not exist, or they are the same.
    """
    label = find_column(options.label or "-1", columns, "label", source)
    weight = find_column(options.weight, columns, "weight", source) if options.weight else ""
    if label == weight:
        raise UsageError(f"{source}: column {label!r} cannot be both label and weight")
    return label, weight


def without_label(table: Table, label: str, notes: list[str]) -> Table:
    """The rows that have a label; how many have none goes to the notes.

    Raises:
      UsageError: no row has one.
    """
    present = Labels.of(table.frame[label]).present
    if not present.any():
        raise UsageError(f"{table.source}: no row has a label in column {label!r}")
    if not present.all():
        notes.append(f"{table.source}: {int((~present).sum())} rows without a label are left out")
    return table.rows(present)


def coded_labels(table: Table, task: Task) -> np.ndarray:
    """Labels of a table whose rows all have one: class ids int32 or values float32, (rows,).

    Raises:
      UsageError: a label is no class of the task, or no number.
    """
    labels = Labels.of(table.frame[task.target])
    if task.kind is TaskKind.CLASSIFICATION:
        return class_ids(labels, task, table.source)
    check_values(labels, task.target, table.source)
    return labels.numbers.astype(np.float32)


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
    labels = coded_labels(table, task)
    strata = labels if task.kind is TaskKind.CLASSIFICATION else strata_of_values(labels)
    split = stratified(strata, evaluation, test, options.seed)
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
    label, weight = roles(columns, options, given.train.source)
    ready = prepare(given, label, options)
    features = ready.train.frame.drop(columns=[name for name in (label, weight) if name])
    types = dict.fromkeys(features.columns, "number") if is_vector else options.types
    with_bins = len(features) >= MANY_ROWS
    wanted = None if is_vector else text_options(options)
    schema = replace(infer_schema(features, types, ready.train.source, with_bins, wanted), is_vector=is_vector)
    coder = PartCoder.fit(schema.inputs, ready.task, ready.train, weight, options.class_weight)
    parts = Parts(
        coder.part(ready.train, training=True),
        coder.part(ready.evaluation),
        coder.part(ready.test) if ready.test else None,
    )
    layout = TableLayout(columns, label, weight, given.delimiter, given.has_header, schema.inputs)
    facts = describe(schema.columns, coder.task, weight, parts, (*ready.notes, *schema.notes))
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


def prepare(given: TableSource, label: str, options: DataOptions) -> Prepared:
    """Drops rows without label, infers the task from the training rows, and splits.

    Held-out rows come in a shuffled order, so that the first of them are a fair sample of a sorted file.

    Raises:
      UsageError: no rows are left for training or evaluation, or the labels make no task.
    """
    notes: list[str] = []
    train = without_label(given.train, label, notes)
    evaluation = without_label(given.evaluation, label, notes) if given.evaluation else None
    test = without_label(given.test, label, notes) if given.test else None
    task, note = make_task(Labels.of(train.frame[label]), label, options.task, train.source)
    train, split_evaluation, split_test = split_table(train, task, options, evaluation is not None, test is not None)
    evaluation, test = evaluation or split_evaluation, test or split_test
    if not len(evaluation.frame):
        raise UsageError("no evaluation data: give a validation file or a validation_fraction above 0")
    held_out = [shuffled(table, options.seed) if len(table.frame) else None for table in (evaluation, test)]
    assert held_out[0] is not None
    return Prepared(train, held_out[0], held_out[1], task, (*notes, *([note] if note else [])))


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
        counts = np.bincount(labels, weights, len(task.classes)) if task.classes else np.zeros(0)
        if task.kind is TaskKind.REGRESSION:
            values = labels.astype(np.float64)
            task = replace(task, target_mean=float(values.mean()), target_scale=float(values.std()) or 1.0)
        return cls(inputs, task, weight, float(weights.mean()), class_weights(class_weight, task, counts.tolist()))

    def part(self, table: Table, training: bool = False) -> Part:
        """Examples of a table whose rows all have a label; class weights apply to training only."""
        labels = coded_labels(table, self.task)
        weights = example_weights(table, self.weight) / self.weight_scale
        if training and self.task.classes:
            weights = weights * self.class_weights[labels]
        return Part(self.inputs.arrays(table.frame, table.source), labels, weights.astype(np.float32))


def describe_columns(columns: tuple[Column, ...], task: Task, weight: str) -> tuple[Column, ...]:
    """Lines of the features, the label and the weights."""
    kind = f"{len(task.classes)} classes" if task.classes else f"mean {task.target_mean:.4g}"
    weights = (Column(weight, "weight", "divided by its mean"),) if weight else ()
    return (*columns, Column(task.target, "label", kind), *weights)


def describe(columns: tuple[Column, ...], task: Task, weight: str, parts: Parts, notes: tuple[str, ...]) -> Description:
    """What was inferred, for people."""
    counts = np.bincount(parts.train.labels, minlength=len(task.classes)).tolist() if task.classes else []
    return Description(
        len(parts.train),
        len(parts.evaluation),
        len(parts.test) if parts.test else None,
        describe_columns(columns, task, weight),
        notes,
        dict(zip(task.classes, counts, strict=True)),
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
            ("validation", f"{options.validation_fraction:g}"),
            ("test", f"{options.test_fraction:g}"),
            ("seed", str(options.seed)),
        )
        if value
    ]
    return " ".join([f"table sha256:{digest}", f"rows={sizes}", f"encoding={PREPROCESSING}", *chosen])
