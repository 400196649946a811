"""The first pass over records: labels and weights of all, and a sample of the training records."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..example_labels import Labelled
from ..split import hashed_parts
from ..targets import LabelColumns
from .record_files import records
from .record_parser import Parsed, Ragged, RecordParser

BATCH = 256

SAMPLE_BYTES = 64 << 20
"""Serialized training records, spread over all files, that statistics are taken from at most."""

_SAMPLE_SEED = 1 << 32
"""The sample is drawn by a hash of its own: parts must not depend on it, nor it on them."""


@dataclass
class Sample:
    """Training records whose hash is below a rate, which is halved whenever they are too many."""

    rate: float = 1.0
    size: int = 0
    numbers: list[int] = field(default_factory=list)
    records: list[bytes] = field(default_factory=list)

    def add(self, numbers: np.ndarray, batch: np.ndarray) -> None:
        """Keeps the share of a batch that the rate says."""
        for place in np.flatnonzero(_is_drawn(numbers, self.rate)).tolist():
            self.numbers.append(int(numbers[place]))
            self.records.append(batch[place])
            self.size += len(batch[place])
        while self.size > SAMPLE_BYTES and len(self.records) > 1:
            self.rate /= 2
            kept = np.flatnonzero(_is_drawn(np.array(self.numbers), self.rate)).tolist() or [0]
            self.numbers = [self.numbers[place] for place in kept]
            self.records = [self.records[place] for place in kept]
            self.size = sum(map(len, self.records))

    def spread(self, count: int) -> np.ndarray:
        """At most so many of the records, evenly spread; (records,) of bytes."""
        places = np.arange(min(count, len(self.records))) * len(self.records) // min(count, len(self.records))
        chosen = np.empty(len(places), dtype=object)
        chosen[:] = [self.records[place] for place in places.tolist()]
        return chosen


def _is_drawn(numbers: np.ndarray, rate: float) -> np.ndarray:
    drawn: np.ndarray = hashed_parts(numbers, rate, 0.0, _SAMPLE_SEED) == 1
    return drawn


@dataclass
class Range:
    """Smallest and largest integer of a feature, and the file and record where each is first seen."""

    low: int
    low_place: str
    high: int
    high_place: str

    def add(self, other: "Range") -> None:
        """Widens it to hold a later one."""
        if other.low < self.low:
            self.low, self.low_place = other.low, other.low_place
        if other.high > self.high:
            self.high, self.high_place = other.high, other.high_place


@dataclass(frozen=True)
class RecordSet:
    """Files of records, how many each has, and what was found in them.

    Attributes:
      paths: the files.
      counts: records of each.
      labelled: labels and weights; records are numbered from 1 through all files.
      sample: of training records.
      steps: of sequences that vary, (training records,).
      ranges: of features of integers, by name.
    """

    paths: tuple[str, ...]
    counts: tuple[int, ...]
    labelled: Labelled
    sample: Sample
    steps: np.ndarray
    ranges: "dict[str, Range]"


def scan(
    paths: Sequence[str],
    source: str,
    parser: RecordParser,
    columns: LabelColumns,
    split: tuple[float, float, int] | None,
) -> RecordSet:
    """Reads all records, which checks them.

    Args:
      paths: files.
      source: what errors call all of them.
      parser: of all features.
      columns: features with labels and weights; the latter are left out where the parser does not know them.
      split: shares of evaluation and test records and the seed, the others are training records; None where none are.

    Raises:
      UsageError: a file is damaged, or a record departs from the schema.
    """
    asides: dict[str, list[np.ndarray]] = {name: [] for name in columns.names if name in parser.schema}
    steps: list[np.ndarray] = []
    counts: list[int] = []
    sample = Sample()
    ranges: dict[str, Range] = {}
    for path in paths:
        before, start = sum(counts), 1
        for batch in records(path, BATCH):
            numbers = np.arange(start, start + len(batch))
            start += len(batch)
            parsed = parser.parse(batch, path, numbers)
            is_train = hashed_parts(before + numbers, *split) == 0 if split else np.zeros(len(batch), dtype=bool)
            for name, pieces in asides.items():
                pieces.append(_plain(parsed, name))
            sample.add((before + numbers)[is_train], batch[is_train])
            steps += _steps(parsed, parser, is_train)
            _add_ranges(ranges, parsed, path, numbers)
        counts.append(start - 1)
    found = _labelled({name: _joined(pieces) for name, pieces in asides.items()}, columns, source)
    return RecordSet(tuple(paths), tuple(counts), found, sample, _joined(steps), ranges)


def _labelled(asides: dict[str, np.ndarray], columns: LabelColumns, source: str) -> Labelled:
    """Labels and weights of all records: one label's array, or those of several labels by name."""
    labels = {name: asides[name] for name in (*columns.labels, *columns.task_weights.values()) if name in asides}
    numbers = np.arange(1, len(asides[columns.labels[0]]) + 1)
    one = asides[columns.labels[0]] if len(columns.labels) == 1 else labels
    return Labelled(one, asides.get(columns.weight), numbers, source)


def _joined(arrays: list[np.ndarray]) -> np.ndarray:
    return np.concatenate(arrays) if arrays else np.zeros(0, dtype=np.int64)


def _plain(parsed: Parsed, name: str) -> np.ndarray:
    column = parsed[name]
    assert not isinstance(column, Ragged)
    return column[:, 0] if column.ndim == 2 and column.shape[1] == 1 else column


def _steps(parsed: Parsed, parser: RecordParser, is_train: np.ndarray) -> list[np.ndarray]:
    for name, column in parsed.items():
        if isinstance(column, Ragged):
            return [column.counts[is_train] // parser.schema[name].width]
    return []


def _add_ranges(ranges: dict[str, Range], parsed: Parsed, path: str, numbers: np.ndarray) -> None:
    for name, column in parsed.items():
        values = column.values if isinstance(column, Ragged) else column.reshape(len(column), -1)
        if values.dtype != np.int64:
            continue
        if isinstance(column, Ragged):
            starts = np.cumsum(column.counts) - column.counts
            lows, highs = np.minimum.reduceat(values, starts), np.maximum.reduceat(values, starts)
        else:
            lows, highs = values.min(axis=1), values.max(axis=1)
        places = [f"{path}, record {numbers[extreme]}" for extreme in (lows.argmin(), highs.argmax())]
        found = Range(int(lows.min()), places[0], int(highs.max()), places[1])
        ranges.setdefault(name, found).add(found)
