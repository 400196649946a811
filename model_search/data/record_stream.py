"""Records that are read anew in each pass."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .example_labels import Coded, CodedRows
from .inputs import Inputs
from .provider import Description, Feature, Provider
from .record_files import records
from .record_layout import RecordLayout
from .record_scan import BATCH

if TYPE_CHECKING:
    import tensorflow as tf


@dataclass(frozen=True)
class RecordStream:
    """Files, and how many records each has."""

    paths: tuple[str, ...]
    counts: tuple[int, ...]


class RecordsProvider(Provider):
    """Records that are read anew in each pass; see `tfrecord_provider`."""

    def __init__(
        self,
        inputs: Inputs,
        layout: RecordLayout,
        coded: Coded,
        streams: Sequence[RecordStream | None],
        facts: Description,
        identity: str,
    ):
        self.task = coded.task
        self.vocabulary_size = inputs.vocabulary_size
        self.layout: RecordLayout = layout
        self._inputs = inputs
        self._coded = coded
        self._streams = streams
        self._facts = facts
        self._identity = identity
        self._encoder: Any = None

    def signature(self) -> Mapping[str, Feature]:
        """Raw inputs by name."""
        return self._inputs.signature()

    def encode(self, inputs: Mapping[str, Any]) -> Any:
        """Applies the layers, which are made at the first call."""
        if self._encoder is None:
            from .input_encoders import InputsEncoder

            self._encoder = InputsEncoder(self._inputs)
        return self._encoder(inputs)

    def train(self) -> "tf.data.Dataset":
        """Training batches in the order of the files."""
        return self._dataset(self._coded.parts[0])

    def shuffled_train(self, seed: int) -> "tf.data.Dataset":
        """Training batches, the files in an order of the seed."""
        return self._dataset(self._coded.parts[0], np.random.default_rng(seed))

    def evaluation(self) -> "tf.data.Dataset":
        """Batches that trials are ranked by."""
        return self._dataset(self._coded.parts[1])

    def test(self) -> "tf.data.Dataset | None":
        """Batches that are scored once at the end."""
        return self._dataset(self._coded.parts[2]) if self._coded.parts[2] else None

    def _dataset(self, part: CodedRows, rng: np.random.Generator | None = None) -> "tf.data.Dataset":
        import tensorflow as tf

        found = self._streams[part.given]
        assert found is not None
        order = list(range(len(found.paths)))
        order = order if rng is None else rng.permutation(order).tolist()
        specs = {name: tf.TensorSpec((None, *f.shape), f.dtype) for name, f in self.signature().items()}
        label = tf.TensorSpec((None, *part.labels.shape[1:]), tf.as_dtype(part.labels.dtype))
        signature = (specs, label, tf.TensorSpec((None,), tf.float32))
        dataset = tf.data.Dataset.from_generator(lambda: self._batches(found, part, order), output_signature=signature)
        return dataset.prefetch(4)

    def _batches(self, found: RecordStream, part: CodedRows, order: Sequence[int]) -> Iterator[tuple[Any, ...]]:
        parser = self.layout.parser()
        places = np.full(sum(found.counts) + 1, -1)
        places[part.numbers] = np.arange(len(part.numbers))
        starts = np.cumsum([1, *found.counts])
        for file in order:
            start = 1
            for batch in records(found.paths[file], BATCH):
                numbers = np.arange(start, start + len(batch))
                start += len(batch)
                wanted = places[numbers - 1 + starts[file]]
                kept = wanted >= 0
                if kept.any():
                    parsed = parser.parse(batch[kept], found.paths[file], numbers[kept])
                    raw = self.layout.raw(parsed, found.paths[file])
                    yield raw, part.labels[wanted[kept]], part.weights[wanted[kept]]

    def describe(self) -> Description:
        """What was inferred."""
        return self._facts

    def identity(self) -> str:
        """A line that changes with data, split or preprocessing."""
        return self._identity
