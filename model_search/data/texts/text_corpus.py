"""Folders of texts, and their passages where they are books; each text is read when it is asked for."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ..files.file_labels import Naming
from ..files.file_parts import FileList
from ..files.file_scan import Scan, scan_files
from ..memory import Part
from .text_blocks import PLAIN_CHARACTER, Book, read_spans, tokens_of
from .text_files import TEXTS, read_text
from .text_provider import TEXT
from .text_tokens import TextOptions, plain, untokenized

FEW_FILES = 10
"""A class with fewer files has no documents but books, from which passages are taken."""


@dataclass
class Corpus:
    """Finds the texts in folders, and cuts them into passages where they are books.

    Files are cut if `sequence_length` is given and some training class has fewer than `FEW_FILES` of them: one longer
    than `sequence_length` tokens then becomes passages of so many that follow each other without overlap; a rest of
    less than half is left out. Passages of a file can be in different parts, unless `group_pattern` forbids it.

    Attributes:
      wanted: what the user wants of texts.
      naming: where labels and groups stand.
      files: all that were found.
      is_cut: whether files are cut; decided by the training folder.
      notes: what was cut, in words.
    """

    wanted: TextOptions
    naming: Naming
    files: list[str] = field(default_factory=list)
    is_cut: bool = False
    notes: list[str] = field(default_factory=list)
    _borders: dict[str, np.ndarray] = field(default_factory=dict)

    def scan(self, root: str, classes: Sequence[str] | None) -> Scan:
        """The files of a folder, or their passages as if they were files; the training folder comes first.

        Raises:
          UsageError: as `scan_files`.
        """
        found = scan_files(root, TEXTS, self.naming, classes)
        self.files += found.paths
        if classes is None:
            self.is_cut = self.wanted.sequence_length > 0 and min(Counter(found.labels).values()) < FEW_FILES
        if not self.is_cut:
            return found
        pieces = [self._passages(path) for path in found.paths]
        places = [place for place, names in enumerate(pieces) for _ in names]
        length = f"{self.wanted.sequence_length} {self.wanted.tokens}s"
        self.notes.append(f"{root}: {len(pieces)} files give {len(places)} passages of up to {length}")
        return replace(
            found,
            paths=tuple(name for names in pieces for name in names),
            labels=tuple(found.labels[place] for place in places),
            groups=tuple(found.groups[place] for place in places) if found.groups else (),
        )

    def _passages(self, path: str) -> list[str]:
        """Names of a file's passages: its path and their number; its path alone where it is not cut."""
        book, length = Book.of(path, self._tokens), self.wanted.sequence_length
        if len(book) <= length:
            return [path]
        begins = np.arange(0, len(book) - (length + 1) // 2 + 1, length)
        ends = np.minimum(begins[-1] + length, len(book))
        self._borders[path] = book.starts(0, len(book), np.append(begins, ends))
        return [f"{path}#{number}" for number in range(1, len(begins) + 1)]

    @property
    def _tokens(self) -> str:
        return "word" if self.wanted.tokens == "word" else PLAIN_CHARACTER

    def text(self, name: str) -> str:
        """A file, or the words or characters of a passage."""
        path, _, number = name.rpartition("#")
        borders = self._borders.get(path)
        if borders is None:
            return plain(read_text(name))
        (span,) = read_spans(path, borders[int(number) - 1 : int(number)], borders[int(number) : int(number) + 1])
        return untokenized(tokens_of(span, self._tokens), self.wanted.tokens)

    def size(self, name: str) -> int:
        """About how many bytes a file or a passage has."""
        path, _, _ = name.rpartition("#")
        borders = self._borders.get(path)
        return Path(name).stat().st_size if borders is None else int(borders[-1]) // (len(borders) - 1)


@dataclass(frozen=True)
class CorpusPart:
    """The texts of one part."""

    corpus: Corpus
    files: FileList

    def __len__(self) -> int:
        return len(self.files.paths)

    @property
    def nbytes(self) -> int:
        """Bytes of all texts, about."""
        return sum(map(self.corpus.size, self.files.paths))

    def read(self, places: np.ndarray) -> Part:
        """The examples at these places."""
        texts = np.array([self.corpus.text(path) for path in self.files.paths[places]], dtype=object)
        return Part({TEXT: texts}, self.files.labels[places], self.files.weights[places])
