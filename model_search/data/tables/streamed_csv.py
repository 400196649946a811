"""CSV files too large for memory: one pass for the statistics, then each pass reads the file anew."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ...errors import UsageError
from ..labels import Labels, class_ids, class_weights, make_task
from ..provider import DataOptions, Description, Feature, Provider, Task
from ..split import check_fractions, hashed_parts
from ..targets import label_columns
from .coders import PartCoder, example_weights
from .csv_file import CsvFile, file_digest
from .frames import Table
from .schema import Schema, infer_schema
from .table_inputs import TableInputs
from .table_layout import TableLayout
from .tabular import MANY_ROWS, describe_columns, encoder_of, identity_of, text_options

if TYPE_CHECKING:
    import tensorflow as tf

SAMPLE_CELLS = 1 << 20
"""About so many cells, spread over the whole file, are what types and statistics are inferred from."""

SAMPLE_BYTES = 128 << 20
"""The same in bytes of the file, where cells are long texts."""

MAXIMUM_LABELS = 100_000
"""So many different labels are counted; more are values of a regression."""

ENOUGH = 5
"""A label is shown to the inference of the task at most so often."""


@dataclass(frozen=True)
class Stream:
    """The labelled rows of one part of a file: 0 training, 1 evaluation, 2 test; all rows where `fractions` is None."""

    file: CsvFile
    label: str
    part: int = 0
    fractions: tuple[float, float] | None = None
    seed: int = 0

    def tables(self) -> Iterator[Table]:
        """Pieces of the part, none of them empty."""
        for frame in self.file.chunks():
            kept = Labels.of(frame[self.label]).present
            if self.fractions is not None:
                parts = hashed_parts(frame.index.to_numpy(), *self.fractions, self.seed)
                kept = kept & (parts == self.part)
            if kept.any():
                yield Table(frame[kept], Path(self.file.filename).name)


@dataclass
class Findings:
    """What a first pass over the training rows finds: counts and first rows of labels, weights, and sampled rows."""

    rows: int = 0
    weight: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    first: dict[str, int] = field(default_factory=dict)
    sample: list[pd.DataFrame] = field(default_factory=list)

    def add(self, table: Table, label: str, weight: str, rate: float) -> None:
        """Counts a piece, and keeps about the share `rate` of its rows."""
        self.rows += len(table.frame)
        self.weight += float(example_weights(table, weight).sum())
        texts = Labels.of(table.frame[label]).texts
        if len(self.counts) < MAXIMUM_LABELS:
            self.counts.update(texts.tolist())
            for row, text in texts.drop_duplicates().items():
                self.first.setdefault(text, int(str(row)))
        numbers = table.frame.index.to_numpy()
        # The sample is drawn by a hash of its own: parts must not depend on it, nor it on them.
        kept = hashed_parts(numbers, rate, 0.0, seed=1 << 32) == 1
        kept[0] |= not self.sample
        if kept.any():
            self.sample.append(table.frame[kept])

    def labels(self) -> Labels:
        """Every label, at most `ENOUGH` times each, at the row where it is first seen."""
        texts = [text for text, count in self.counts.items() for _ in range(min(count, ENOUGH))]
        rows = [self.first[text] for text in texts]
        return Labels.of(pd.Series(np.array(texts, dtype=object), index=rows, dtype=object))

    def class_counts(self, task: Task, source: str) -> list[int]:
        """Training rows of each class."""
        if not task.classes:
            return []
        texts = pd.Series(np.array(list(self.counts), dtype=object), index=list(self.first.values()), dtype=object)
        ids = class_ids(Labels.of(texts), task, source)
        return np.bincount(ids, list(self.counts.values()), len(task.classes)).astype(int).tolist()


def streamed_provider(options: DataOptions, files: Sequence[CsvFile | None]) -> "StreamedProvider":
    """Reads the files once and keeps only statistics.

    Args:
      options: of the data.
      files: training, evaluation and test file; None where rows of the training file take its place.

    Raises:
      UsageError: a row, a label or an option is wrong, or a part has no rows.
    """
    file = files[0]
    assert file is not None
    source, columns = Path(file.filename).name, file.layout.columns
    aside = label_columns(columns, options, source)
    if len(aside.labels) > 1 or options.tasks:
        raise UsageError(f"{source} is too large to be held in memory; a file that is streamed has one label")
    label, weight = aside.labels[0], aside.weight
    streams = _streams(files, label, options)
    found = _first_pass(streams[0], weight, options, source)
    task, note = make_task(found.labels(), label, options.task, source)
    sample = Table(pd.concat(found.sample), source)
    features = sample.frame.drop(columns=list(aside.names))
    with_bins = found.rows >= MANY_ROWS
    schema = _tolerant(infer_schema(features, options.types, source, with_bins, text_options(options)), options)
    coder = PartCoder.fit(schema.inputs, task, sample, weight, "")
    counts = found.class_counts(task, source)
    balance = class_weights(options.class_weight, task, counts)
    coder = replace(coder, weight_scale=found.weight / found.rows, class_weights=balance)
    # A part without rows need not be looked for in the whole file.
    wanted = (options.validation_fraction or files[1], options.test_fraction or files[2])
    sizes = [found.rows] + [
        sum(len(coder.part(table)) for table in stream.tables()) if has_rows else 0
        for stream, has_rows in zip(streams[1:], wanted, strict=True)
    ]
    if not sizes[1]:
        raise UsageError("no evaluation data: give a validation file or a validation_fraction above 0")
    notes = [
        f"{source} is streamed: statistics are those of {len(sample.frame)} rows spread over it; where it is split, it"
        " is by a hash of the row number, so that classes are shared out about evenly"
    ]
    notes += [note, *schema.notes] if note else schema.notes
    facts = Description(
        sizes[0],
        sizes[1],
        sizes[2] or None,
        columns=describe_columns(schema.columns, coder.task, aside.weights),
        notes=tuple(notes),
        label_counts=dict(zip(task.classes, counts, strict=True)),
    )
    digest = "+".join(file_digest(part.filename) for part in files if part)
    layout = TableLayout(
        columns, aside.labels, aside.weights, file.layout.delimiter, file.layout.has_header, schema.inputs
    )
    identity = identity_of(digest, options, facts) + schema.text_identity
    return StreamedProvider(layout, schema, coder, streams, facts, identity)


def _streams(files: Sequence[CsvFile | None], label: str, options: DataOptions) -> list[Stream]:
    evaluation = 0.0 if files[1] else options.validation_fraction
    test = 0.0 if files[2] else options.test_fraction
    check_fractions(evaluation, test)
    train = files[0]
    assert train is not None
    split = Stream(train, label, 0, (evaluation, test), options.seed)
    return [split] + [Stream(f, label) if f else replace(split, part=part) for part, f in enumerate(files[1:], start=1)]


def _first_pass(stream: Stream, weight: str, options: DataOptions, source: str) -> Findings:
    found = Findings()
    declared = TableInputs(tuple(name for name, kind in options.types.items() if kind == "number"))
    width = len(stream.file.layout.columns)
    size = Path(stream.file.filename).stat().st_size
    rate = 1.0
    for table in stream.tables():
        if not found.rows:
            cells = sum(int(table.frame[name].str.len().sum()) + len(table.frame) for name in table.frame.columns)
            rows = size / max(1.0, cells / len(table.frame))
            rate = min(1.0, SAMPLE_CELLS / (width * rows), SAMPLE_BYTES / size)
        if set(declared.numbers) <= set(table.frame.columns):
            declared.arrays(table.frame, source)
        found.add(table, stream.label, weight, rate)
    if not found.rows:
        raise UsageError(f"{source}: no row has a label in column {stream.label!r}, or none is left for training")
    return found


def _tolerant(schema: Schema, options: DataOptions) -> Schema:
    """A word in a column of numbers that the sample did not show must not stop a search: it counts as missing."""
    numbers = tuple(replace(plan, lenient=options.types.get(plan.name) != "number") for plan in schema.numbers)
    return replace(schema, numbers=numbers)


class StreamedProvider(Provider):
    """A table that is read anew in each pass; see `streamed_provider`."""

    layout: TableLayout

    def __init__(
        self,
        layout: TableLayout,
        schema: Schema,
        coder: PartCoder,
        streams: Sequence[Stream],
        facts: Description,
        identity: str,
    ):
        self.task = coder.task
        self.layout = layout
        self.vocabulary_size = schema.vocabulary_size
        self._coder = coder
        self._make_encoder = encoder_of(schema)
        self._encoder: Any = None
        self._streams = streams
        self._facts = facts
        self._identity = identity

    def signature(self) -> Mapping[str, Feature]:
        """Raw inputs by name."""
        return self.layout.inputs.signature()

    def encode(self, inputs: Mapping[str, Any]) -> Any:
        """Applies the layers, which are made at the first call."""
        self._encoder = self._encoder or self._make_encoder()
        return self._encoder(inputs)

    def train(self) -> "tf.data.Dataset":
        """Training batches in the order of the file."""
        return self._dataset(0)

    def evaluation(self) -> "tf.data.Dataset":
        """Batches that trials are ranked by, in the order of the file."""
        return self._dataset(1)

    def test(self) -> "tf.data.Dataset | None":
        """Batches that are scored once at the end."""
        return self._dataset(2) if self._facts.test_examples else None

    def _dataset(self, part: int) -> "tf.data.Dataset":
        import tensorflow as tf

        def batches() -> Iterator[tuple[Any, ...]]:
            for table in self._streams[part].tables():
                piece = self._coder.part(table, training=part == 0)
                yield dict(piece.features), piece.labels, piece.weights

        features = {name: tf.TensorSpec((None, *f.shape), f.dtype) for name, f in self.signature().items()}
        label = tf.int32 if self.task.classes else tf.float32
        specs = (features, tf.TensorSpec((None,), label), tf.TensorSpec((None,), tf.float32))
        return tf.data.Dataset.from_generator(batches, output_signature=specs).prefetch(1)

    def describe(self) -> Description:
        """What was inferred."""
        return self._facts

    def identity(self) -> str:
        """A line that changes with data, split or preprocessing."""
        return self._identity
