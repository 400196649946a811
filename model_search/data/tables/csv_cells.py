"""The cells of a CSV file in blocks of rows: by splitting where a block is simple, else by the `csv` module."""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator
from typing import BinaryIO

import numpy as np

BLOCK_BYTES = 4 << 20
"""So many bytes are split at a time; a row that is longer makes a longer block."""


class RaggedRow(Exception):
    """A row has too few or too many fields; the message says which, without the file."""


Cells = tuple[list[int] | range, list[str]]
"""Row numbers, and the cells of these rows one behind the other, without blanks around them."""

_MAY_BE_BLANK = np.zeros(256, dtype=bool)
_MAY_BE_BLANK[[9, 11, 12, 28, 29, 30, 31, 32]] = True
_MAY_BE_BLANK[128:] = True


def cell_blocks(file: BinaryIO, delimiter: str, expected: int, has_header: bool) -> Iterator[Cells]:
    """Rows of a file that are not empty, all with the expected number of fields, without the header.

    A block without quotation marks whose lines have the same number of delimiters is split as a whole, which costs a
    tenth of what parsing row by row does. From the first quotation mark on, rows are parsed one by one: only so is it
    known where a row ends.

    Args:
      file: at its start.
      delimiter: of fields.
      expected: fields of each row.
      has_header: whether the first row that is not empty is no data.

    Raises:
      RaggedRow: a row has too few or too many fields.
      UnicodeDecodeError: bytes are no UTF-8.
    """
    if file.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
        file.seek(0)
    number, start = 1, file.tell()
    while block := _block(file):
        begin, skipped = 0, 0
        if has_header:
            begin = _header_end(block, delimiter)
            skipped = int(begin > 0)
        lines = block[begin:].replace(b"\r\n", b"\n")
        if (has_header and not begin) or b'"' in lines or b"\r" in lines:
            file.seek(start)
            yield from _parsed(_text(file), number, delimiter, expected, has_header)
            return
        has_header, number, start = False, number + skipped, file.tell()
        cells = _split(lines, delimiter, expected)
        if cells is None:
            yield from _parsed(io.StringIO(lines.decode(), newline=""), number, delimiter, expected, False)
            number += lines.count(b"\n") + (not lines.endswith(b"\n"))
        elif cells:
            yield range(number, number + len(cells) // expected), cells
            number += len(cells) // expected


def _block(file: BinaryIO) -> bytes:
    """The next whole lines of a file; empty at its end."""
    pieces: list[bytes] = []
    while piece := file.read(BLOCK_BYTES):
        end = piece.rfind(b"\n") + 1
        if len(piece) == BLOCK_BYTES and end:
            file.seek(end - len(piece), io.SEEK_CUR)
            pieces.append(piece[:end])
            break
        pieces.append(piece)
    return b"".join(pieces)


def _header_end(block: bytes, delimiter: str) -> int:
    """Bytes of the first line, if that is surely one row; else 0."""
    line = block[: block.find(b"\n") + 1]
    try:
        rows = list(csv.reader([line.decode()], delimiter=delimiter, skipinitialspace=True, strict=True))
    except (csv.Error, UnicodeDecodeError):
        return 0
    return len(line) if len(rows) == 1 and rows[0] and b"\r" not in line.removesuffix(b"\r\n") else 0


def _split(lines: bytes, delimiter: str, expected: int) -> list[str] | None:
    """Cells of lines without quotation marks; None where one of them has not the expected number of fields."""
    if not delimiter.isascii() or not lines:
        return None if lines else []
    lines = lines if lines.endswith(b"\n") else lines + b"\n"
    codes = np.frombuffer(lines, dtype=np.uint8)
    ends = codes == ord("\n")
    borders = np.flatnonzero(ends | (codes == ord(delimiter)))
    is_end = ends[borders]
    count = int(is_end.sum())
    is_regular = len(borders) == count * expected and bool(is_end[expected - 1 :: expected].all())
    if not is_regular or ends[0] or bool((ends[1:] & ends[:-1]).any()):
        return None
    cells = lines[:-1].decode().replace("\n", delimiter).split(delimiter)
    around = (codes[0], codes[borders - 1], codes[borders[:-1] + 1])
    if any(_MAY_BE_BLANK[code].any() for code in around):
        cells = [cell.strip() for cell in cells]
    return cells


def _text(file: BinaryIO) -> Iterator[str]:
    """Lines of the rest of a file, their ends as they are."""
    wrapper = io.TextIOWrapper(file, encoding="utf-8", newline="")
    try:
        yield from wrapper
    finally:
        wrapper.detach()


def _parsed(lines: Iterable[str], number: int, delimiter: str, expected: int, has_header: bool) -> Iterator[Cells]:
    """Rows parsed one by one; `number` is that of the first."""
    numbers: list[int] = []
    cells: list[str] = []
    size = 0
    for row in csv.reader(lines, delimiter=delimiter, skipinitialspace=True):
        if row and has_header:
            has_header = False
        elif row:
            if len(row) != expected:
                raise RaggedRow(f"row {number}: expected {expected} fields, found {len(row)}")
            numbers.append(number)
            cells += [field.strip() for field in row]
            size += sum(map(len, row)) + expected
        number += 1
        if size >= BLOCK_BYTES:
            yield numbers, cells
            numbers, cells, size = [], [], 0
    if numbers:
        yield numbers, cells
