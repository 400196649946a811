"""Finding and reading plain text files."""

import codecs
from collections.abc import Sequence

from ...errors import UsageError
from ..files.file_scan import FileKind
from ..tables.csv_file import require_file


def read_text(path: str) -> str:
    """A file's text, without byte order mark, its lines ending in a newline alone.

    Raises:
      UsageError: it is missing, a folder, unreadable or not UTF-8.
    """
    try:
        content = require_file(path).read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    mark = len(codecs.BOM_UTF8) if content.startswith(codecs.BOM_UTF8) else 0
    try:
        text = content[mark:].decode("utf-8")
    except UnicodeDecodeError as error:
        place = mark + error.start
        raise UsageError(f"{path} is not UTF-8 (byte {content[place]:#04x} at offset {place}); convert it") from None
    return text.replace("\r\n", "\n")


def problems_of(paths: Sequence[str]) -> list[str]:
    """What is wrong with each file: that it has nothing but blanks, or nothing.

    Raises:
      UsageError: one cannot be read or is not UTF-8; others are likely to be written in the same code.
    """
    return ["" if read_text(path).strip() else "empty" for path in paths]


TEXTS = FileKind("text", (".txt",), problems_of)
