"""Reading CSV files row by row, with errors that name the row."""

import csv
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import numpy as np
import pandas as pd

from ...errors import UsageError
from ...registry import closest
from .csv_cells import RaggedRow, cell_blocks
from .csv_layout import Layout, column_names, given_delimiter, infer_delimiter, infer_header, split_rows
from .values import is_number

SAMPLE_CHARACTERS = 1 << 18
"""How much of a file the delimiter and the header are inferred from."""

CHUNK_CELLS = 1 << 20
"""Cells that are parsed at a time, which bounds the memory of parsing whatever the width of a table."""

STREAM_BYTES = 256 << 20
"""Files of more bytes in all are streamed; smaller ones are read once and kept."""


class CsvFile:
    """One CSV file in UTF-8 and how to read it.

    Rows are counted from 1 with the header and empty lines, so that a row's number is its line in an editor (as long
    as no quoted field goes over several lines).
    """

    def __init__(self, filename: str, layout: Layout):
        self.filename = filename
        self.layout = layout

    @classmethod
    def open(cls, filename: str, columns: Sequence[str] = (), delimiter: str = "", label: str = "") -> "CsvFile":
        """Infers what is not given.

        Args:
          filename: path of the file.
          columns: names for a file without header; a first row that equals them is a header all the same.
          delimiter: one character; empty to infer.
          label: a column name that, standing in the first row, proves it a header.

        Raises:
          UsageError: the file cannot be read or is empty, or `columns` has another length than the first row.
        """
        sample = read_sample(filename)
        separator = given_delimiter(delimiter) if delimiter else infer_delimiter(sample)
        with _named_errors(filename):
            rows = split_rows(sample, separator)
        if not rows:
            raise UsageError(f"{filename} is empty; a CSV file needs at least one row")
        first = rows[0]
        if columns:
            if len(columns) != len(first):
                raise UsageError(f"{filename} has {len(first)} columns, but {len(columns)} column names were given")
            names = column_names([name.strip() for name in columns])
            return cls(filename, Layout(separator, column_names(first) == names, names))
        is_only_names = len(rows) == 1 and not any(is_number(cell) for cell in first)
        has_header = is_only_names or infer_header(rows) or (label in first and not label.lstrip("-").isdigit())
        names = column_names(first if has_header else [""] * len(first))
        return cls(filename, Layout(separator, has_header, names))

    @classmethod
    def open_like(
        cls, filename: str, layout: Layout, optional: Sequence[str] = (), aside: Sequence[Sequence[str]] = ()
    ) -> "CsvFile":
        """Opens a further file of the same table, such as held-out rows or rows to predict.

        With a header, columns are matched by name, in any order; without one, by position.

        Args:
          filename: path of the file.
          layout: of the table that this file belongs to.
          optional: columns that a file with a header may lack.
          aside: sets of columns that a file without a header may lack, the likeliest first.

        Raises:
          UsageError: the file cannot be read, is empty or lacks a column.
        """
        sample = read_sample(filename)
        delimiter, rows = layout.delimiter, _rows_of(filename, sample, layout.delimiter)
        if len(rows[0]) == 1 < len(layout.columns):
            delimiter = infer_delimiter(sample)
            rows = _rows_of(filename, sample, delimiter)
        names = column_names(rows[0])
        required = [name for name in layout.columns if name not in optional]
        known = set(layout.columns) & set(names)
        is_header = bool(known) and 2 * len(known) >= len(required)
        if all(is_number(name) for name in known):  # Columns called 0, 1, 2: only the very names prove a header.
            is_header = list(names) in (list(layout.columns), required)
        if is_header:
            for name in required:
                if name not in known:
                    raise UsageError(f"{filename} has no column {name!r}; {closest(name, names)}")
            return cls(filename, Layout(delimiter, True, names))
        has_header = layout.has_header and infer_header(rows)
        for lacking in ((), *aside):
            expected = tuple(name for name in layout.columns if name not in lacking)
            if len(expected) == len(names) and not has_header:
                return cls(filename, Layout(delimiter, False, expected))
        raise UsageError(
            f"{filename} has the columns {_some(names)}; expected {_some(required)}"
            if has_header
            else f"{filename} has {len(names)} columns; expected {len(required)}: {_some(required)}"
        )

    def chunks(self, rows: int | None = None) -> Iterator[pd.DataFrame]:
        """Yields frames of strings, at most `rows` rows each, indexed by row number.

        Raises:
          UsageError: a row has too few or too many fields, or bytes are no UTF-8.
        """
        expected = len(self.layout.columns)
        step = rows or max(1, CHUNK_CELLS // expected)
        with _named_errors(self.filename), require_file(self.filename).open("rb") as file:
            for numbers, cells in cell_blocks(file, self.layout.delimiter, expected, self.layout.has_header):
                for start in range(0, len(numbers), step):
                    yield self._frame(
                        numbers[start : start + step], cells[start * expected : (start + step) * expected]
                    )

    def _frame(self, numbers: Sequence[int], cells: Sequence[str]) -> pd.DataFrame:
        names = self.layout.columns
        columns = {name: np.array(cells[at :: len(names)], dtype=object) for at, name in enumerate(names)}
        return pd.DataFrame(columns, index=pd.Index(numbers), dtype=object)

    def expected_rows(self) -> float:
        """About how many rows there are, by the length of the first ones."""
        sample = read_sample(self.filename)
        return Path(self.filename).stat().st_size * max(1, sample.count("\n")) / len(sample.encode())

    def read(self) -> pd.DataFrame:
        """All rows.

        Raises:
          UsageError: there are none, or a row is malformed.
        """
        frames = list(self.chunks())
        if not frames:
            raise UsageError(f"{self.filename} has a header but no rows")
        return pd.concat(frames)


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:10]) + (", ..." if len(names) > 10 else "")


def _rows_of(filename: str, sample: str, delimiter: str) -> list[list[str]]:
    with _named_errors(filename):
        rows = split_rows(sample, delimiter)
    if not rows:
        raise UsageError(f"{filename} is empty; a CSV file needs at least one row")
    return rows


def require_file(filename: str) -> Path:
    """The path, if it is a file.

    Raises:
      UsageError: no name was given, nothing is there, or it is a folder.
    """
    if not filename:
        raise UsageError("no file was given; --filename names the training data")
    path = Path(filename)
    if path.is_dir():
        raise UsageError(f"{filename} is a directory; expected a file")
    if not path.exists():
        raise UsageError(f"{filename} does not exist")
    return path


@contextmanager
def _named_errors(filename: str) -> Iterator[None]:
    try:
        yield
    except RaggedRow as error:
        raise UsageError(f"{filename}, {error}") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{filename} is not UTF-8 (byte {error.object[error.start]:#04x}); convert it first") from None
    except csv.Error as error:
        raise UsageError(f"{filename} is not a CSV file: {error}") from None
    except OSError as error:
        raise UsageError(f"{filename} cannot be read: {error.strerror}") from None


@contextmanager
def open_text(filename: str) -> Iterator[TextIO]:
    """Opens a CSV file as UTF-8, with or without a byte order mark.

    Raises:
      UsageError: it is missing, a directory or unreadable.
    """
    path = require_file(filename)
    with _named_errors(filename), path.open(encoding="utf-8-sig", newline="") as stream:
        yield stream


def read_sample(filename: str) -> str:
    """The beginning of a file, whole lines only.

    Raises:
      UsageError: the file cannot be read or is empty.
    """
    with open_text(filename) as stream, _named_errors(filename):
        sample = stream.read(SAMPLE_CHARACTERS)
        if len(sample) == SAMPLE_CHARACTERS:
            sample = sample[: sample.rfind("\n") + 1] or sample + stream.readline()
    if not sample.strip():
        raise UsageError(f"{filename} is empty; a CSV file needs at least one row")
    return sample


def file_digest(filename: str) -> str:
    """SHA-256 of the content, the first 16 hexadecimal digits."""
    with _named_errors(filename), require_file(filename).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()[:16]
