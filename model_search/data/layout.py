"""How files of raw input are read for a model: what a provider leaves behind for predictions."""

import importlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, Protocol, Self

import numpy as np

Batches = Iterator[tuple[list[str], dict[str, np.ndarray]]]
"""Ids (row numbers or file names) and raw inputs by name, (batch, ...) each, as `keras.Model.predict` takes them."""

_PLACES = {
    "table": ("tables.table_layout", "TableLayout"),
    "images": ("images.image_layout", "ImageLayout"),
    "audio": ("sounds.audio_layout", "AudioLayout"),
    "text": ("texts.text_layout", "TextLayout"),
    "records": ("records.record_layout", "RecordLayout"),
}
"""Module and class of each kind; they load when a model of that kind is used."""


class Layout(Protocol):
    """How raw input lies in files. Implementations are frozen dataclasses of what JSON can hold."""

    kind: ClassVar[str]

    def to_json(self) -> dict[str, Any]:
        """The fields as JSON values."""
        ...

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """What `to_json` gave. Raises `KeyError`, `TypeError` or `ValueError` for anything else."""
        ...

    def read(self, filename: str, on_skipped: Callable[[str], None] | None = None) -> Batches:
        """Raw inputs of a file or folder, in batches; errors of the whole file are raised before the first one.

        Args:
          filename: as a user gives it.
          on_skipped: called once with the path of each file that cannot be read, which the batches then lack.

        Raises:
          UsageError: the file is missing, malformed or of another kind, or nothing in it can be read.
        """
        ...


def layout_class(kind: str) -> type[Layout]:
    """The class of a kind. Raises `KeyError` for an unknown one."""
    module, name = _PLACES[kind]
    found: type[Layout] = getattr(importlib.import_module(f".{module}", __package__), name)
    return found
