"""How text files are read for a model of texts."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np

from ...errors import UsageError
from ..files.file_scan import paths_below
from ..layout import Batches
from .text_files import TEXTS, read_text
from .text_tokens import TOKENS, plain

BATCH = 256

UNITS = ("file", "line")


@dataclass(frozen=True)
class TextLayout:
    """A text file, or a folder of texts.

    Attributes:
      name: of the model's input.
      unit: what one example is: a `file`, or a `line`; those without anything but blanks are none.
      tokens: `word` or `character`; texts of words get plain quotation marks and dashes, see `text_tokens.plain`.
    """

    kind: ClassVar[str] = "text"
    name: str
    unit: str
    tokens: str

    def to_json(self) -> dict[str, Any]:
        """The fields as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "TextLayout":
        """What `to_json` gave."""
        if value["unit"] not in UNITS or value["tokens"] not in TOKENS:
            raise ValueError(f"text layout {dict(value)}")
        return cls(str(value["name"]), value["unit"], value["tokens"])

    def read(self, filename: str, on_skipped: Callable[[str], None] | None = None) -> Batches:
        """Texts (batch,) of str; ids are paths below the folder, line numbers from 1, or `path:line`."""
        if os.path.isdir(filename):
            return self._of_folder(paths_below(filename, TEXTS), filename, on_skipped)
        text = read_text(filename)
        if not text.strip():
            raise UsageError(f"{filename} is empty; expected a text")
        return self._batches(iter(self._examples(text, os.path.basename(filename), "")))

    def _examples(self, text: str, name: str, prefix: str) -> list[tuple[str, str]]:
        if self.unit == "file":
            return [(name, text)]
        lines = enumerate(text.split("\n"), start=1)
        return [(f"{prefix}{number}", line) for number, line in lines if line.strip()]

    def _of_folder(self, paths: list[str], root: str, on_skipped: Callable[[str], None] | None) -> Batches:
        found = 0

        def examples() -> Iterator[tuple[str, str]]:
            nonlocal found
            for path in paths:
                name = os.path.relpath(path, root)
                text = _text_or_nothing(path)
                if text.strip():
                    found += 1
                    yield from self._examples(text, name, f"{name}:")
                elif on_skipped:
                    on_skipped(path)

        yield from self._batches(examples())
        if not found:
            raise UsageError(f"none of the {len(paths)} texts can be read, such as {paths[0]}")

    def _batches(self, examples: Iterator[tuple[str, str]]) -> Batches:
        batch: list[tuple[str, str]] = []
        for example in examples:
            batch.append(example)
            if len(batch) == BATCH:
                yield self._batch(batch)
                batch = []
        if batch:
            yield self._batch(batch)

    def _batch(self, batch: list[tuple[str, str]]) -> tuple[list[str], dict[str, np.ndarray]]:
        texts = [plain(text) if self.tokens == "word" else text for _, text in batch]
        return [name for name, _ in batch], {self.name: np.array(texts, dtype=object)}


def _text_or_nothing(path: str) -> str:
    try:
        return read_text(path)
    except UsageError:
        return ""
