"""From a provider's raw batches to encoded tensors: once per process, in memory where they fit."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ..errors import UsageError
from .encoding import Encoding
from .provider import Provider, Task, TaskKind
from .trees import Tree, count, joined, leaves, mapped, sliced

ENCODING_BATCH = 4096
"""So many examples are encoded, and evaluated, at a time; fewer where they are wide."""

BATCH_VALUES = 1 << 20
"""Values of one encoded batch at most (4 MiB): a network's activations on it are many times as large."""

STEP_VALUES = 1 << 24
"""Logits of one evaluation batch at most (64 MiB) where each step has many."""

RAW_BYTES = 64 << 20
"""Bytes of one batch of raw features at most: sounds are larger raw than encoded."""

SHUFFLE_BYTES = 16 << 20
MAXIMUM_SHUFFLE = 20_000
"""Bounds of the shuffle buffer of streamed training data, which is filled before the first step of a trial."""

Batch = tuple[Tree, Tree, Tree]


@dataclass(frozen=True)
class EncodedArrays:
    """Encoded examples.

    Attributes:
      x: (n, ...) float32; for sequences a dict of `x`, float32 or int32 token ids, and `lengths` (n,) int32.
      y: labels as a provider gives them: int32 class ids or float32 in the label's own unit; (n,), (n, classes) of
        several labels, (n, time) of steps; a dict by task.
      w: weights (n,) float32, or (n, time) where steps have labels: 0 at padding; a dict by task.
    """

    x: Tree
    y: Tree
    w: Tree

    def __len__(self) -> int:
        return count(self.y)

    @property
    def nbytes(self) -> int:
        """Memory in bytes."""
        return sum(array.nbytes for tree in (self.x, self.y, self.w) for array in leaves(tree))

    @classmethod
    def join(cls, batches: list[Batch]) -> "EncodedArrays":
        """Batches, one behind the other."""
        return cls(*(joined(trees) for trees in zip(*batches, strict=True)))


class Pipeline:
    """The engine's view of a provider: encoded examples, cached in memory as long as they fit.

    Args:
      provider: where raw examples come from.
      batch_size: of training batches.
      cache_bytes: memory for encoded examples of all parts; training data that does not fit is streamed, held-out data
        that does not fit is encoded at each pass.
      max_evaluation_batches: evaluation ends after the examples of so many batches of `batch_size`.

    Attributes:
      encoding: what encoded examples look like.
      encoder: the provider's preprocessing as one model, raw features to the encoded tensor, or to `x` and `lengths`.

    Raises:
      UsageError: the encoded shape varies, or a part has no example.
    """

    def __init__(
        self,
        provider: Provider,
        batch_size: int,
        cache_bytes: int = 512 << 20,
        max_evaluation_batches: int | None = None,
    ):
        self.provider = provider
        self.batch_size = batch_size
        self._room = cache_bytes
        self._limit = max_evaluation_batches * batch_size if max_evaluation_batches else None
        inputs = self.raw_inputs()
        self.encoder = keras.Model(inputs, provider.encode(inputs), name="model_search.preprocessing")
        self.encoding = _encoding_of(self.encoder.output, provider)
        specs = {name: tf.TensorSpec((None, *f.shape), f.dtype) for name, f in provider.signature().items()}
        self._encode = tf.function(self._call_model, input_signature=[specs])
        self._parts: dict[str, EncodedArrays | None] = {}
        self._raw_bytes = _bytes_of(provider.train().unbatch().element_spec[0])

    def _call_model(self, raw: Any) -> Any:
        encoded = self.encoder(raw, training=False)
        dtype = tf.int32 if self.encoding.vocabulary_size else tf.float32
        if not self.encoding.has_lengths:
            return tf.cast(encoded, dtype)
        return {"x": tf.cast(encoded["x"], dtype), "lengths": tf.cast(encoded["lengths"], tf.int32)}

    @property
    def task(self) -> Task:
        """What is predicted."""
        return self.provider.task

    @property
    def evaluation_batch_size(self) -> int:
        """Examples of one batch when nothing is trained."""
        fitting = BATCH_VALUES // max(1, int(np.prod(self.encoding.shape)))
        raw = RAW_BYTES // max(1, self._raw_bytes)
        steps = STEP_VALUES // (self.encoding.shape[0] * self.task.outputs) if self.task.is_per_step else fitting
        return max(self.batch_size, min(ENCODING_BATCH, fitting, raw, steps))

    def raw_inputs(self) -> dict[str, Any]:
        """Fresh `keras.Input` tensors by name, for a model that takes raw examples."""
        return {name: keras.Input(f.shape, dtype=f.dtype, name=name) for name, f in self.provider.signature().items()}

    def train_arrays(self) -> EncodedArrays | None:
        """All training examples, in the provider's order; None where they do not fit and are streamed."""
        return self._cached("training", self.provider.train, self.provider.describe().train_examples)

    def evaluation_arrays(self) -> EncodedArrays | None:
        """All evaluation examples, in the provider's order; None where they do not fit."""
        return self._cached("evaluation", self.provider.evaluation, self.provider.describe().evaluation_examples)

    def train_stream(self, seed: int, start_step: int = 0) -> tf.data.Dataset:
        """Training batches (x, y, w) without end, for data that does not fit in memory.

        Examples go through a shuffle buffer, anew in each pass.

        Args:
          seed: of the order.
          start_step: where a trial goes on; the order after it differs from that of a trial that was not interrupted,
            which saves reading again what was trained on.
        """
        seed = int(np.random.SeedSequence([seed, start_step]).generate_state(1)[0])
        # A single raw input (an image) is smaller than its encoding; many inputs are slow to shuffle one by one, and
        # strings may be of any size.
        features = self.provider.signature().values()
        encode_first = len(features) > 1 or any(feature.dtype == "string" for feature in features)
        examples = self._typed(self.provider.shuffled_train(seed))
        examples = examples.map(self._encode_example) if encode_first else examples
        examples = examples.unbatch()
        buffer = SHUFFLE_BYTES // max(1, _bytes_of(examples.element_spec))
        examples = examples.shuffle(max(2 * self.batch_size, min(buffer, MAXIMUM_SHUFFLE)), seed=seed)
        batches = examples.repeat().batch(self.batch_size, drop_remainder=True)
        batches = batches if encode_first else batches.map(self._encode_example, num_parallel_calls=2)
        return batches.map(self._with_known_shape).prefetch(4)

    def _with_known_shape(self, x: Any, y: Any, w: Any) -> tuple[Any, Any, Any]:
        shape = (self.batch_size, *self.encoding.shape)
        if not self.encoding.has_lengths:
            return tf.ensure_shape(x, shape), y, w
        return {"x": tf.ensure_shape(x["x"], shape), "lengths": tf.ensure_shape(x["lengths"], shape[:1])}, y, w

    def evaluation(self) -> Iterator[Batch]:
        """Encoded evaluation batches, always in the same order."""
        return self._batches("evaluation", self.evaluation_arrays(), self.provider.evaluation)

    def test(self) -> Iterator[Batch] | None:
        """Encoded batches of the test data, all of them; None where there are none."""
        raw = self.provider.test()
        return None if raw is None else self._encoded("test", raw)

    def raw_with_step_weights(self, raw: tf.data.Dataset) -> Iterator[tuple[Any, Tree, Tree]]:
        """A provider's batches with raw features; labels and weights are arrays as they are beside encoded ones."""
        for features, y, w in self._typed(raw):
            if self.task.is_per_step:
                w = self._step_weights(self._encode(features), w)
            yield features, mapped(np.asarray, y), mapped(np.asarray, w)

    def _batches(self, part: str, arrays: EncodedArrays | None, raw: Callable[[], tf.data.Dataset]) -> Iterator[Batch]:
        if arrays is None:
            yield from self._encoded(part, raw())
            return
        for start in range(0, len(arrays), self.evaluation_batch_size):
            rows = slice(start, start + self.evaluation_batch_size)
            yield sliced(arrays.x, rows), sliced(arrays.y, rows), sliced(arrays.w, rows)

    def _cached(self, part: str, raw: Callable[[], tf.data.Dataset], known: int | None) -> EncodedArrays | None:
        """The part in memory; remembers it, or that it does not fit in what room is left."""
        if part not in self._parts:
            self._parts[part] = self._fill(part, raw, known)
        return self._parts[part]

    def _fill(self, part: str, raw: Callable[[], tf.data.Dataset], known: int | None) -> EncodedArrays | None:
        limit = None if part == "training" else self._limit
        expected = known if limit is None or known is None else min(known, limit)
        labels = self.encoding.shape[0] if self.task.is_per_step else 1
        if expected is not None and expected * (4 * int(np.prod(self.encoding.shape)) + 8 * labels) > self._room:
            return None
        kept: list[Batch] = []
        size = 0
        for batch in self._encoded(part, raw()):
            kept.append(batch)
            size += EncodedArrays(*batch).nbytes
            if size > self._room:
                return None
        self._room -= size
        return EncodedArrays.join(kept)

    def _typed(self, raw: tf.data.Dataset) -> tf.data.Dataset:
        def typed(x: Any, y: Any, w: Any) -> tuple[Any, Any, Any]:
            if self.task.tasks:
                y = {task.target: tf.cast(y[task.target], _label_type(task)) for task in self.task.tasks}
            else:
                y = tf.cast(y, _label_type(self.task))
            return x, y, tf.nest.map_structure(lambda weights: tf.cast(weights, tf.float32), w)

        return raw.map(typed)

    def _encode_example(self, features: Any, label: Any, weight: Any) -> tuple[Any, Any, Any]:
        encoded = self._encode(features)
        return encoded, label, self._step_weights(encoded, weight)

    def _step_weights(self, encoded: Any, weights: Any) -> Any:
        """Weights of examples; of their steps where these have labels: those of the example, 0 at padding."""
        if not self.task.is_per_step:
            return weights
        return weights[:, None] * tf.sequence_mask(encoded["lengths"], self.encoding.shape[0], tf.float32)

    def _encoded(self, part: str, raw: tf.data.Dataset) -> Iterator[Batch]:
        """Encoded batches of one pass, up to the limit of evaluation."""
        limit = self._limit if part == "evaluation" else None
        empty = True
        for features, y, w in self._raw_batches(raw, limit):
            empty = False
            encoded = self._encode(features)
            w = self._step_weights(encoded, w)
            yield mapped(np.asarray, encoded), mapped(np.asarray, y), mapped(np.asarray, w)
        if empty:
            raise UsageError(f"the {part} data have no example")

    def _raw_batches(self, raw: tf.data.Dataset, limit: int | None = None) -> Iterator[tuple[Any, Any, Any]]:
        left = limit
        for features, y, w in self._typed(raw).rebatch(self.evaluation_batch_size).prefetch(2):
            found = count(w)
            if left is not None and found >= left:
                rest = slice(left)
                yield sliced(features, rest), sliced(y, rest), sliced(w, rest)
                return
            left = left - found if left is not None else None
            yield features, y, w


def _encoding_of(output: Any, provider: Provider) -> Encoding:
    has_lengths = isinstance(output, dict)
    shape = tuple((output["x"] if has_lengths else output).shape[1:])
    if None in shape:
        raise UsageError(f"the provider encodes to shape {shape}; only the batch may vary")
    return Encoding(shape, has_lengths, provider.vocabulary_size)


def _label_type(task: Task) -> tf.DType:
    return tf.int32 if task.kind is TaskKind.CLASSIFICATION else tf.float32


def _bytes_of(element: Any) -> int:
    """Bytes of one example; a string is taken as 32."""

    def size(spec: Any) -> int:
        return int(np.prod([extent or 1 for extent in spec.shape])) * (
            32 if spec.dtype == tf.string else spec.dtype.size
        )

    return sum(size(spec) for spec in tf.nest.flatten(element))
