"""The first pass over records: labels and weights of all, and a sample of the training records."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..example_labels import Labelled
from ..split import hashed_parts
from ..targets import LabelColumns
from .record_files import records
from .record_parser import Parsed, Ragged, RecordParser
from .record_steps import check_stored_lengths, joined_labels, step_labels, valid_steps

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
      source: what errors call all of them.
      asides: labels and weights by name, of all records.
      valid: steps of each record that are no padding, (records,).
      sample: of training records.
      steps: of sequences that vary, (training records,).
      ranges: of features of integers, by name.
    """

    paths: tuple[str, ...]
    counts: tuple[int, ...]
    source: str
    asides: "dict[str, np.ndarray | Ragged]"
    valid: np.ndarray
    sample: Sample
    steps: np.ndarray
    ranges: "dict[str, Range]"

    def labelled(self, columns: LabelColumns, steps: int = 0) -> Labelled:
        """Labels and weights of all records, which are numbered from 1 through all files.

        One label is an array, several are arrays by name.

        Args:
          columns: their names.
          steps: of all sequences where each step has a label; else 0.
        """
        numbers = np.arange(1, sum(self.counts) + 1)
        if steps:
            labels, valid = step_labels(self.asides[columns.labels[0]], self.valid, steps)
            return Labelled(labels, self._flat().get(columns.weight), numbers, self.source, valid)
        flat = self._flat()
        names = (*columns.labels, *columns.task_weights.values())
        one = flat[columns.labels[0]] if len(columns.labels) == 1 else {n: flat[n] for n in names if n in flat}
        return Labelled(one, flat.get(columns.weight), numbers, self.source)

    def _flat(self) -> dict[str, np.ndarray]:
        """Labels and weights of one value a record, or of several classes."""
        arrays = {name: column for name, column in self.asides.items() if isinstance(column, np.ndarray)}
        return {n: a[:, 0] if a.ndim == 2 and a.shape[1] == 1 else a for n, a in arrays.items()}


def scan(
    paths: Sequence[str],
    source: str,
    parser: RecordParser,
    columns: LabelColumns,
    split: tuple[float, float, int] | None,
    lengths: str = "",
) -> RecordSet:
    """Reads all records, which checks them.

    Args:
      paths: files.
      source: what errors call all of them.
      parser: of all features.
      columns: features with labels and weights; the latter are left out where the parser does not know them.
      split: shares of evaluation and test records and the seed, the others are training records; None where none are.
      lengths: feature with the valid steps of sequences, or empty.

    Raises:
      UsageError: a file is damaged, or a record departs from the schema.
    """
    asides: dict[str, list[np.ndarray | Ragged]] = {name: [] for name in columns.names if name in parser.schema}
    valid: list[np.ndarray] = []
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
                pieces.append(parsed[name])
            valid.append(valid_steps(parsed, parser.schema, columns.names, lengths))
            _check_lengths(parsed, lengths, valid[-1], path, numbers)
            sample.add((before + numbers)[is_train], batch[is_train])
            steps += _steps(parsed, parser, is_train)
            _add_ranges(ranges, parsed, path, numbers)
        counts.append(start - 1)
    found = {name: joined_labels(pieces) for name, pieces in asides.items()}
    return RecordSet(tuple(paths), tuple(counts), source, found, _joined(valid), sample, _joined(steps), ranges)


def _check_lengths(parsed: Parsed, lengths: str, steps: np.ndarray, path: str, numbers: np.ndarray) -> None:
    stored = parsed[lengths] if lengths and any(isinstance(column, Ragged) for column in parsed.values()) else None
    if isinstance(stored, np.ndarray):
        check_stored_lengths(steps, stored, path, numbers)


def _joined(arrays: list[np.ndarray]) -> np.ndarray:
    return np.concatenate(arrays) if arrays else np.zeros(0, dtype=np.int64)


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
