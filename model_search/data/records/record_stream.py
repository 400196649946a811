"""Records that are read anew in each pass."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays.inputs import Inputs
from ..arrays.inputs_provider import InputsProvider
from ..example_labels import Coded, CodedRows
from ..provider import Description
from .record_layout import RecordLayout
from .record_scan import BATCH

if TYPE_CHECKING:
    import tensorflow as tf


@dataclass(frozen=True)
class RecordStream:
    """Files, and how many records each has."""

    paths: tuple[str, ...]
    counts: tuple[int, ...]

    def batches(self, order: np.ndarray) -> "tf.data.Dataset":
        """Batches of the files in this order: path, records before the file, numbers in it from 1, and the records."""
        import tensorflow as tf

        before = np.cumsum([0, *self.counts[:-1]])
        compression = ["GZIP" if path.endswith(".gz") else "" for path in self.paths]
        files = (np.array(self.paths)[order], before[order], np.array(compression)[order])

        def read(path: Any, begin: Any, kind: Any) -> Any:
            numbered = tf.data.TFRecordDataset(path, compression_type=kind).enumerate(1).batch(BATCH)
            return numbered.map(lambda numbers, batch: (path, begin, numbers, batch))

        return tf.data.Dataset.from_tensor_slices(files).flat_map(read)


class RecordsProvider(InputsProvider):
    """Records that are read anew in each pass; see `tfrecord_provider`."""

    def __init__(
        self,
        inputs: Inputs,
        layout: RecordLayout,
        coded: Coded,
        streams: Sequence[RecordStream | None],
        facts: Description,
        identity: str,
        augment: Sequence[str] = (),
    ):
        super().__init__(inputs, coded, facts, identity, augment)
        self.layout: RecordLayout = layout
        self._streams = streams

    def _dataset(self, part: CodedRows, rng: np.random.Generator | None = None) -> "tf.data.Dataset":
        import tensorflow as tf

        found = self._streams[part.given]
        assert found is not None
        order = np.arange(len(found.paths))
        order = order if rng is None else rng.permutation(order)
        places = np.full(sum(found.counts), -1, dtype=np.int32)
        places[part.numbers - 1] = np.arange(len(part.numbers))
        wanted = tf.constant(places)
        # A Python generator that reads files by `tf.data` would keep a process from ending while a set is half read.
        return (
            found.batches(order)
            .map(lambda path, begin, numbers, batch: (path, numbers, batch, tf.gather(wanted, begin + numbers - 1)))
            .map(lambda path, numbers, batch, at: (path, numbers[at >= 0], batch[at >= 0], at[at >= 0]))
            .filter(lambda path, numbers, batch, at: tf.size(at) > 0)
            .map(self._examples(part))
            .prefetch(4)
        )

    def _examples(self, part: CodedRows) -> Callable[..., tuple[Any, ...]]:
        """From a file, record numbers, records and places in the part to features, labels and weights."""
        import tensorflow as tf

        parser = self.layout.parser()
        features = self.signature()
        coded = (part.labels, part.weights)
        columns_of = tf.nest.flatten(coded)
        types = [tf.as_dtype(one.dtype) for one in (*features.values(), *columns_of)]
        shapes = [*(feature.shape for feature in features.values()), *(column.shape[1:] for column in columns_of)]

        def arrays(path: bytes, numbers: np.ndarray, batch: np.ndarray, at: np.ndarray) -> list[np.ndarray]:
            raw = self.layout.raw(parser.parse(batch, path.decode(), numbers), path.decode())
            return [*(raw[name] for name in features), *(column[at] for column in columns_of)]

        def examples(*columns: Any) -> tuple[Any, ...]:
            tensors = tf.numpy_function(arrays, columns, types)
            for tensor, shape in zip(tensors, shapes, strict=True):
                tensor.set_shape((None, *shape))
            labels, weights = tf.nest.pack_sequence_as(coded, tensors[len(features) :])
            return dict(zip(features, tensors, strict=False)), labels, weights

        return examples
