"""Text files as blocks of whole tokens, so that a text of any size is read in little memory."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ...errors import UsageError
from ..tables.csv_file import require_file
from .text_tokens import plain, tokenize

BLOCK_BYTES = 1 << 20
"""So many bytes are read at a time; a token that is longer makes a longer block."""

PLAIN_CHARACTER = "plain character"
"""Beside `word` and `character`: the characters of what `text_tokens.plain` makes of a text."""

_BLANKS = b" \t\n\r\v\f"
_LETTER, _BLANK, _PUNCTUATION = range(3)
_KINDS = np.full(256, _LETTER, dtype=np.uint8)
_KINDS[list(b"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")] = _PUNCTUATION
_KINDS[list(_BLANKS)] = _BLANK
_AFTER_E280 = np.full(256, _LETTER, dtype=np.uint8)
_AFTER_E280[0x98:0xA0] = _PUNCTUATION  # Typeset quotation marks, U+2018 to U+201F.
_AFTER_E280[[0x93, 0x94, 0x95, 0xA6]] = _BLANK  # Dashes and the ellipsis.


def text_blocks(path: str, tokens: str) -> Iterator[tuple[int, bytes]]:
    """Blocks of a file without byte order mark, with the offset of each; none cuts a token or the end of a line.

    Args:
      path: of the file.
      tokens: `word`, `character` or `PLAIN_CHARACTER`.

    Raises:
      UsageError: the file is missing, a folder, unreadable or not UTF-8.
    """
    try:
        with require_file(path).open("rb") as file:
            offset = len(codecs.BOM_UTF8) if file.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8 else 0
            file.seek(offset)
            rest = b""
            while piece := file.read(BLOCK_BYTES):
                end = _last_border(piece, tokens) if len(piece) == BLOCK_BYTES else len(piece)
                block, rest = (rest + piece[:end], piece[end:]) if end else (b"", rest + piece)
                if block:
                    _check(block, path, offset)
                    yield offset, block
                    offset += len(block)
            if rest:
                _check(rest, path, offset)
                yield offset, rest
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None


def _last_border(piece: bytes, tokens: str) -> int:
    """Bytes up to the last place that is surely between two tokens; 0 where there is none."""
    if tokens == "word":
        return max(piece.rfind(blank) for blank in _BLANKS) + 1
    end = len(piece)
    while end and piece[end - 1] & 0xC0 == 0x80:
        end -= 1
    # A first byte may lack its others, a carriage return its newline, and several hyphens are one dash.
    end -= bool(end) and (piece[end - 1] >= 0xC0 or piece[end - 1] == ord("\r"))
    return len(piece[:end].rstrip(b"-"))


def _check(block: bytes, path: str, offset: int) -> None:
    try:
        block.decode("utf-8")
    except UnicodeDecodeError as error:
        code, place = block[error.start], offset + error.start
        raise UsageError(f"{path} is not UTF-8 (byte {code:#04x} at offset {place}); convert it") from None


def tokens_of(block: bytes, tokens: str) -> list[str]:
    """The tokens of a block, see `text_tokens.tokenize`; lines end in a newline alone."""
    text = block.decode("utf-8").replace("\r\n", "\n")
    if tokens == "character":
        return list(text)
    return tokenize(plain(text), "word" if tokens == "word" else "character")


def token_starts(block: bytes, tokens: str) -> np.ndarray:
    """Offsets in a block, (tokens,) int64, from which on it holds the tokens that `tokens_of` gives."""
    codes = np.frombuffer(block, dtype=np.uint8)
    is_dash = codes == ord("-")
    double = is_dash[1:] & is_dash[:-1]
    if tokens != "word":
        starts = (codes & 0xC0) != 0x80
        starts[1:] &= ~((codes[1:] == ord("\n")) & (codes[:-1] == ord("\r")))
        starts[1:] &= ~(double & (tokens == PLAIN_CHARACTER))
        return np.flatnonzero(starts)
    kinds = _KINDS[codes]
    kinds[1:][double] = _BLANK
    kinds[:-1][double] = _BLANK
    if not block.isascii():
        _mark_typeset(codes, kinds)
    # As in `tokenize`, punctuation is deleted first: a word begins at a letter behind a blank.
    places = np.flatnonzero(kinds != _PUNCTUATION)
    is_letter = kinds[places] == _LETTER
    is_letter[1:] &= ~is_letter[:-1]
    return places[is_letter]


def _mark_typeset(codes: np.ndarray, kinds: np.ndarray) -> None:
    """Marks the characters that `text_tokens.plain` replaces."""
    first = np.flatnonzero((codes[:-2] == 0xE2) & (codes[1:-1] == 0x80))
    for shift in range(3):
        kinds[first + shift] = _AFTER_E280[codes[first + 2]]
    angle = np.flatnonzero((codes[:-1] == 0xC2) & ((codes[1:] == 0xAB) | (codes[1:] == 0xBB)))
    kinds[angle] = kinds[angle + 1] = _PUNCTUATION


@dataclass(frozen=True)
class Book:
    """A text file of which is known where its blocks and their tokens begin.

    Attributes:
      path: of the file.
      tokens: `word`, `character` or `PLAIN_CHARACTER`.
      offsets: of the blocks and of the end, (blocks + 1,) int64.
      firsts: tokens before each block and at the end, (blocks + 1,) int64.
    """

    path: str
    tokens: str
    offsets: np.ndarray
    firsts: np.ndarray

    @classmethod
    def of(cls, path: str, tokens: str) -> "Book":
        """Counts the tokens of a file.

        Raises:
          UsageError: as `text_blocks`.
        """
        offsets, firsts, end = [], [0], 0
        for offset, block in text_blocks(path, tokens):
            offsets.append(offset)
            firsts.append(firsts[-1] + len(token_starts(block, tokens)))
            end = offset + len(block)
        return cls(path, tokens, np.array([*offsets, end], dtype=np.int64), np.array(firsts, dtype=np.int64))

    def __len__(self) -> int:
        return int(self.firsts[-1])

    def blocks(self, begin: int, end: int) -> Iterator[tuple[int, int, bytes]]:
        """Blocks that hold the tokens from `begin` up to `end`: number of the first token, offset and bytes."""
        place = max(0, int(np.searchsorted(self.firsts, begin, side="right")) - 1)
        while place < len(self.offsets) - 1 and self.firsts[place] < end:
            (block,) = read_spans(self.path, self.offsets[place : place + 1], self.offsets[place + 1 : place + 2])
            yield int(self.firsts[place]), int(self.offsets[place]), block
            place += 1

    def starts(self, begin: int, end: int, wanted: np.ndarray) -> np.ndarray:
        """Offsets at which tokens begin.

        Args:
          begin, end: of the tokens of which some are wanted.
          wanted: their numbers, ascending, in `begin` to `end`; the number of tokens stands for the end of the file.
        """
        found = np.full(len(wanted), self.offsets[-1], dtype=np.int64)
        for first, offset, block in self.blocks(begin, end + 1):
            starts = token_starts(block, self.tokens) + offset
            inside = slice(*np.searchsorted(wanted, [first, first + len(starts)]))
            found[inside] = starts[wanted[inside] - first]
        return found


def read_spans(path: str, begins: np.ndarray, ends: np.ndarray) -> list[bytes]:
    """The bytes of a file between offsets."""
    found = []
    with open(path, "rb", buffering=0) as file:
        for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
            file.seek(begin)
            found.append(file.read(end - begin))
    return found
