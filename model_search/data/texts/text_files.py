"""Finding and reading plain text files."""

from collections.abc import Sequence

from ..files.file_scan import FileKind
from .text_blocks import text_blocks


def read_text(path: str) -> str:
    """A file's text, without byte order mark, its lines ending in a newline alone.

    Raises:
      UsageError: it is missing, a folder, unreadable or not UTF-8.
    """
    content = b"".join(block for _, block in text_blocks(path, "character"))
    return content.decode("utf-8").replace("\r\n", "\n")


def problems_of(paths: Sequence[str]) -> list[str]:
    """What is wrong with each file: that it has nothing but blanks, or nothing.

    Raises:
      UsageError: one cannot be read or is not UTF-8; others are likely to be written in the same code.
    """
    return ["" if _has_words(path) else "empty" for path in paths]


def _has_words(path: str) -> bool:
    # All blocks are read, since any of them may hold another code than UTF-8.
    found = [bool(block.decode("utf-8").strip()) for _, block in text_blocks(path, "character")]
    return any(found)


TEXTS = FileKind("text", (".txt",), problems_of)
