"""How a CSV file is laid out: its delimiter, and whether its first row names the columns."""

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ...errors import UsageError
from .values import MISSING, is_number

DELIMITERS = (",", ";", "\t", "|")
"""What is tried when no delimiter is given, the likeliest first."""

_NAMED = {"\\t": "\t", "tab": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}

_DECIMAL_COMMA = re.compile(r"-?\d+,\d+")
_WHOLE = re.compile(r"-?\d+")


@dataclass(frozen=True)
class Layout:
    """What is needed to read a file's rows: field delimiter, whether row 1 is a header, and the columns in order."""

    delimiter: str
    has_header: bool
    columns: tuple[str, ...]


def split_rows(text: str, delimiter: str) -> list[list[str]]:
    """Rows of a piece of CSV text, fields without blanks around them, empty lines left out."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    return [[field.strip() for field in row] for row in reader if row]


def given_delimiter(text: str) -> str:
    """The delimiter that a user means: one character, or a word such as `tab`.

    Raises:
      UsageError: it is longer than one character.
    """
    delimiter = _NAMED.get(text.lower(), text)
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise UsageError(f"delimiter {text!r} must be one character, or one of {', '.join(sorted(_NAMED))}")
    return delimiter


def infer_delimiter(sample: str) -> str:
    """The delimiter that gives most rows of the sample the same number of fields, more than one.

    First goes one that splits the first row as the others. Ties in tenths of the rows go to the delimiter between whose
    fields all commas are decimal ones (`1,5;2,5`), then to that with more fields, then to the more exact one, then to
    the earlier of `DELIMITERS`; comma where none splits anything.
    """
    best, best_score = ",", (False, 0.0, False, 0, 0.0)
    for delimiter in DELIMITERS:
        try:
            rows = split_rows(sample, delimiter)
        except csv.Error:
            continue
        if not rows:
            continue
        width, count = Counter(map(len, rows)).most_common(1)[0]
        share = count / len(rows)
        with_comma = [cell for row in rows for cell in row if "," in cell]
        decimals = bool(with_comma) and all(map(_DECIMAL_COMMA.fullmatch, with_comma))
        score = (len(rows[0]) == width, round(share, 1), decimals, width, share)
        if width > 1 and score > best_score:
            best, best_score = delimiter, score
    return best


def has_decimal_commas(cells: Sequence[str]) -> bool:
    """Whether cells are numbers with decimal commas: at least one with a comma, the others whole numbers or missing."""
    present = [cell for cell in cells if cell.lower() not in MISSING]
    numbers = [bool(_DECIMAL_COMMA.fullmatch(cell)) or bool(_WHOLE.fullmatch(cell)) for cell in present]
    return all(numbers) and any("," in cell for cell in present)


def infer_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first of these rows names the columns.

    It does where it has a word above a column of numbers and no number above one (numbers that count the columns,
    as `0,1,2,label`, are names too). Where all columns are words, it does if its cells are distinct, none of them is
    seen again in its column, and some column repeats its values (so a name would have been seen again were it a value).
    """
    if len(rows) < 2:
        return False
    first, rest = rows[0], [row for row in rows[1:] if len(row) == len(rows[0])]
    if not rest or len(set(first)) < len(first):
        return False
    columns = [[cell for cell in column if cell.lower() not in MISSING] for column in zip(*rest, strict=True)]
    numeric = [bool(column) and all(is_number(cell) for cell in column) for column in columns]
    over_numbers = [cell for cell, is_numeric in zip(first, numeric, strict=True) if is_numeric]
    numbers = [cell for cell in over_numbers if is_number(cell)]
    unseen = all(is_number(cell) or cell not in column for cell, column in zip(first, columns, strict=True))
    if any(numeric):
        words = [cell for cell in over_numbers if not is_number(cell) and cell.lower() not in MISSING]
        return unseen and (_counts_columns(first) or bool(words and not numbers))
    return unseen and any(len(set(column)) <= len(column) / 2 for column in columns if column)


def _counts_columns(first: Sequence[str]) -> bool:
    """Whether all numbers of a row count its places, at least five of them: pandas names unnamed columns so."""
    shifts = [place - float(cell) for place, cell in enumerate(first) if is_number(cell)]
    return len(shifts) >= 5 and len(first) - len(shifts) <= 2 and set(shifts) in ({0.0}, {1.0}, {-1.0})


def column_names(header: Sequence[str]) -> tuple[str, ...]:
    """Names from a header row: empty ones become `column_<index>`, repeated ones get a number behind."""
    names: list[str] = []
    for index, cell in enumerate(header):
        wanted = name = cell or f"column_{index}"
        count = 1
        while name in names:
            count += 1
            name = f"{wanted}_{count}"
        names.append(name)
    return tuple(names)
