"""A provider that reads a table anew in each pass."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..provider import DataOptions, Description, Feature, Provider, Task, TaskKind
from ..split import hashed_parts
from ..targets import LabelColumns, present
from .coders import PartCoder, TasksCoder
from .csv_file import CsvFile
from .frames import Table
from .schema import Schema
from .table_layout import TableLayout
from .tabular import encoder_of

if TYPE_CHECKING:
    import tensorflow as tf


@dataclass(frozen=True)
class Stream:
    """The labelled rows of one part of a file: 0 training, 1 evaluation, 2 test; all rows where `fractions` is None."""

    file: CsvFile
    columns: LabelColumns
    options: DataOptions
    part: int = 0
    fractions: tuple[float, float] | None = None

    @property
    def source(self) -> str:
        """The name of the file, for errors."""
        return Path(self.file.filename).name

    def labelled(self, frame: pd.DataFrame) -> np.ndarray:
        """Rows that can be learned from; (rows,) bool."""
        return present(Table(frame, self.source), self.columns, self.options)

    def parts_of(self, numbers: np.ndarray) -> np.ndarray:
        """The part of each row of the file, by its number; (rows,) int."""
        if self.fractions is None:
            return np.full(len(numbers), self.part)
        return hashed_parts(numbers, *self.fractions, self.options.seed)

    def tables(self) -> Iterator[Table]:
        """Pieces of the part, none of them empty."""
        for frame in self.file.chunks():
            kept = self.labelled(frame) & (self.parts_of(frame.index.to_numpy()) == self.part)
            if kept.any():
                yield Table(frame[kept], self.source)


class StreamedProvider(Provider):
    """A table that is read anew in each pass; see `streamed_csv.streamed_provider`."""

    layout: TableLayout

    def __init__(
        self,
        layout: TableLayout,
        schema: Schema,
        coder: PartCoder | TasksCoder,
        streams: Sequence[Stream],
        facts: Description,
        identity: str,
    ):
        self.task = coder.task
        self.layout = layout
        self.vocabulary_size = schema.vocabulary_size
        self._coder = coder
        self._make_encoder = encoder_of(schema)
        self._encoder: Any = None
        self._streams = streams
        self._facts = facts
        self._identity = identity

    def signature(self) -> Mapping[str, Feature]:
        """Raw inputs by name."""
        return self.layout.inputs.signature()

    def encode(self, inputs: Mapping[str, Any]) -> Any:
        """Applies the layers, which are made at the first call."""
        self._encoder = self._encoder or self._make_encoder()
        return self._encoder(inputs)

    def train(self) -> "tf.data.Dataset":
        """Training batches in the order of the file."""
        return self._dataset(0)

    def evaluation(self) -> "tf.data.Dataset":
        """Batches that trials are ranked by, in the order of the file."""
        return self._dataset(1)

    def test(self) -> "tf.data.Dataset | None":
        """Batches that are scored once at the end."""
        return self._dataset(2) if self._facts.test_examples else None

    def _dataset(self, part: int) -> "tf.data.Dataset":
        import tensorflow as tf

        def batches() -> Iterator[tuple[Any, ...]]:
            for table in self._streams[part].tables():
                piece = self._coder.piece(table, training=part == 0)
                yield dict(piece.features), piece.labels, piece.weights

        features = {name: tf.TensorSpec((None, *f.shape), f.dtype) for name, f in self.signature().items()}
        specs = (features, _label_spec(self.task), _weight_spec(self.task))
        return tf.data.Dataset.from_generator(batches, output_signature=specs).prefetch(1)

    def describe(self) -> Description:
        """What was inferred."""
        return self._facts

    def identity(self) -> str:
        """A line that changes with data, split or preprocessing."""
        return self._identity


def _label_spec(task: Task) -> Any:
    import tensorflow as tf

    if task.tasks:
        return {part.target: _label_spec(part) for part in task.tasks}
    if task.kind is TaskKind.MULTI_LABEL:
        return tf.TensorSpec((None, len(task.classes)), tf.float32)
    return tf.TensorSpec((None,), tf.int32 if task.classes else tf.float32)


def _weight_spec(task: Task) -> Any:
    import tensorflow as tf

    spec = tf.TensorSpec((None,), tf.float32)
    return {part.target: spec for part in task.tasks} if task.tasks else spec
