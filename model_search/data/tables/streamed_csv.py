"""Tables too large for memory: one pass over each file for the statistics, then each pass of training reads anew."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from ...errors import UsageError
from ..provider import DataOptions, Description
from ..split import check_fractions, hashed_parts
from ..targets import LabelColumns, label_columns, task_of
from .csv_file import CsvFile, file_digest
from .frames import Table
from .label_facts import TableFacts
from .schema import Schema, infer_schema
from .streamed_provider import Stream, StreamedProvider
from .table_inputs import TableInputs
from .table_layout import TableLayout
from .tabular import MANY_ROWS, describe_columns, identity_of, text_options

SAMPLE_CELLS = 1 << 20
"""About so many cells, spread over the whole file, are what types and statistics of features are inferred from."""

SAMPLE_BYTES = 128 << 20
"""The same in bytes of the file, where cells are long texts."""


@dataclass
class Pass:
    """One pass over a file: facts of the labels of its parts, and a sample of the training rows.

    Attributes:
      facts: of each part of the file.
      unlabelled: rows without a label.
      sample: training rows.
    """

    facts: list[TableFacts]
    unlabelled: int = 0
    sample: list[pd.DataFrame] = field(default_factory=list)

    def read(self, stream: Stream, declared: TableInputs, rate: float | None) -> "Pass":
        """Reads the rows of all parts of a file once.

        Args:
          stream: of the training rows, or of a file that is one part.
          declared: columns that must hold numbers.
          rate: share of the training rows that is kept; None to keep none.

        Raises:
          UsageError: a row, a weight or a number is wrong.
        """
        for frame in stream.file.chunks():
            labelled = stream.labelled(frame)
            self.unlabelled += int((~labelled).sum())
            frame = frame[labelled]
            if set(declared.numbers) <= set(frame.columns):
                declared.arrays(frame, stream.source)
            numbers = frame.index.to_numpy()
            parts = stream.parts_of(numbers)
            for part, facts in enumerate(self.facts):
                rows = parts == part
                if rows.any():
                    facts.add(Table(frame[rows], stream.source))
            if rate is not None:
                # The sample is drawn by a hash of its own: parts must not depend on it, nor it on them.
                kept = (parts == 0) & (hashed_parts(numbers, rate, 0.0, seed=1 << 32) == 1)
                if not self.sample and (parts == 0).any():
                    kept[np.argmax(parts == 0)] = True
                self.sample += [frame[kept]] if kept.any() else []
        return self


def streamed_provider(options: DataOptions, files: Sequence[CsvFile | None]) -> StreamedProvider:
    """Reads the files once and keeps only statistics.

    Labels of all kinds are counted in full and coded as those of tables in memory.

    Args:
      options: of the data.
      files: training, evaluation and test file; None where rows of the training file take its place.

    Raises:
      UsageError: a row, a label or an option is wrong, or a part has no rows.
    """
    train = files[0]
    assert train is not None
    source, columns = Path(train.filename).name, train.layout.columns
    aside = label_columns(columns, options, source)
    streams = _streams(files, aside, options)
    facts, sample, notes = _read(streams, aside, options)
    task, inferred = task_of(facts[0].table(), aside, options)
    for found in facts:
        if found.rows:
            found.check(task)
    if not facts[1].rows:
        raise UsageError("no evaluation data: give a validation file or a validation_fraction above 0")
    schema = _schema(sample, facts[0].rows, aside, options)
    coder = facts[0].coder(schema.inputs, task, options.class_weight)
    description = Description(
        facts[0].rows,
        facts[1].rows,
        facts[2].rows or None,
        columns=describe_columns(schema.columns, coder.task, aside.weights),
        notes=(*notes, *inferred, *schema.notes),
        label_counts=facts[0].label_counts(coder.task),
    )
    digest = "+".join(file_digest(file.filename) for file in files if file)
    own = train.layout
    layout = TableLayout(columns, aside.labels, aside.weights, own.delimiter, own.has_header, schema.inputs)
    identity = identity_of(digest, options, description) + schema.text_identity
    return StreamedProvider(layout, schema, coder, streams, description, identity)


def _streams(files: Sequence[CsvFile | None], aside: LabelColumns, options: DataOptions) -> list[Stream]:
    evaluation = 0.0 if files[1] else options.validation_fraction
    test = 0.0 if files[2] else options.test_fraction
    check_fractions(evaluation, test)
    train = files[0]
    assert train is not None
    split = Stream(train, aside, options, 0, (evaluation, test))
    others = [Stream(f, aside, options) if f else replace(split, part=part) for part, f in enumerate(files[1:], 1)]
    return [split, *others]


def _read(
    streams: Sequence[Stream], aside: LabelColumns, options: DataOptions
) -> tuple[list[TableFacts], Table, list[str]]:
    """Facts of all parts, a sample of the training rows, and notes; each file is read once."""
    declared = TableInputs(tuple(name for name, kind in options.types.items() if kind == "number"))
    train = streams[0]
    facts = [TableFacts(aside, stream.source) for stream in streams]
    first = Pass(facts).read(train, declared, _rate(train.file))
    if not facts[0].rows:
        names = ", ".join(map(repr, aside.labels))
        raise UsageError(f"{train.source}: no row has a label in column {names}, or none is left for training")
    passes = [(train.source, first)]
    for stream, found in zip(streams[1:], facts[1:], strict=True):
        if stream.file is not train.file:
            passes.append((stream.source, Pass([found]).read(stream, declared, None)))
    sample = Table(pd.concat(first.sample), train.source)
    notes = [
        f"{train.source} is streamed: statistics are those of {len(sample.frame)} rows spread over it; where it is"
        " split, it is by a hash of the row number, so that classes are shared out about evenly"
    ]
    notes += [f"{name}: {one.unlabelled} rows without a label are left out" for name, one in passes if one.unlabelled]
    return facts, sample, notes


def _rate(file: CsvFile) -> float:
    """Share of the rows that are sampled."""
    cells = len(file.layout.columns) * file.expected_rows()
    return min(1.0, SAMPLE_CELLS / max(1.0, cells), SAMPLE_BYTES / Path(file.filename).stat().st_size)


def _schema(sample: Table, rows: int, aside: LabelColumns, options: DataOptions) -> Schema:
    """The columns as the sample shows them.

    A word in a column of numbers that the sample did not show must not stop a search: it counts as missing.
    """
    features = sample.frame.drop(columns=list(aside.names))
    schema = infer_schema(features, options.types, sample.source, rows >= MANY_ROWS, text_options(options))
    numbers = tuple(replace(plan, lenient=options.types.get(plan.name) != "number") for plan in schema.numbers)
    return replace(schema, numbers=numbers)
