"""Tables in memory: from frames of training, evaluation and test rows to a provider."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ...errors import UsageError
from ...words import counted
from ..memory import MemoryProvider, Parts
from ..provider import Column, DataOptions, Description, Task, TaskKind
from ..split import stratified
from ..targets import (
    LabelColumns,
    coded_labels,
    label_columns,
    label_counts,
    strata_of,
    task_of,
    with_labels,
)
from ..texts.text_tokens import TextOptions
from .coders import coder_for
from .frames import Table
from .schema import Schema, infer_schema
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
    missing = _missing_in_vectors(features, ready.train.source) if is_vector else ()
    layout = TableLayout(columns, aside.labels, aside.weights, given.delimiter, given.has_header, schema.inputs)
    facts = describe(schema.columns, coder.task, aside.weights, parts, (*ready.notes, *schema.notes, *missing))
    identity = identity_of(given.digest, options, facts) + schema.text_identity
    return TableProvider(layout, schema, coder.task, parts, facts, identity)


def _missing_in_vectors(features: pd.DataFrame, source: str) -> Iterator[str]:
    """How many numbers of training vectors are replaced, in words."""
    found = int((~np.isfinite(features.to_numpy(np.float64))).sum())
    if found:
        what = counted(found, "value is", "values are")
        yield (
            f"{source}: {what} missing or infinite of {features.size:,} in the training vectors;"
            " the mean of their column takes their place, and whether one is missing is told beside it"
        )


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
