"""Where training batches come from: rows of arrays held in memory, or a stream."""

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import numpy as np
import tensorflow as tf

from ..data.pipeline import EncodedArrays
from ..data.trees import mapped

# Features, labels and weights: tensors, or dicts of them.
Batch = tuple[Any, Any, Any]


class Feed(Protocol):
    """Gives the training loop its batches, several steps in one call of a graph."""

    def argument(self, step: int, count: int) -> Any:
        """What the compiled loop needs for steps `step` to `step + count`."""
        ...

    def signature(self) -> Any:
        """`tf.TypeSpec` of that argument, or None where the loop closes over it."""
        ...

    def batch(self, argument: Any, index: Any) -> Batch:
        """Inside the graph: (features, labels, weights) of the `index`-th step of the call."""
        ...


def shuffled_rows(rows: int, batch_size: int, seed: int) -> Callable[[int, int], np.ndarray]:
    """Row numbers of any steps of an endless training: each pass is a permutation of its own, drawn from the seed.

    Returns:
      A function of (first step, number of steps) to int32 (steps, batch_size); the same step always has the same rows,
      so that a training taken up in the middle sees what it would have seen.
    """
    permutations: dict[int, np.ndarray] = {}

    def permutation(epoch: int) -> np.ndarray:
        if epoch not in permutations:
            for old in [known for known in permutations if known < epoch - 1]:
                del permutations[old]
            permutations[epoch] = np.random.default_rng([seed, epoch]).permutation(rows).astype(np.int32)
        return permutations[epoch]

    def rows_of(step: int, count: int) -> np.ndarray:
        first, last = step * batch_size, (step + count) * batch_size
        parts = []
        for epoch in range(first // rows, (last - 1) // rows + 1):
            begin, end = max(first - epoch * rows, 0), min(last - epoch * rows, rows)
            parts.append(permutation(epoch)[begin:end])
        return np.concatenate(parts).reshape(count, batch_size)

    return rows_of


def tensors_of(examples: EncodedArrays) -> Batch:
    """All examples as tensors."""
    x, y, w = (mapped(tf.convert_to_tensor, tree) for tree in (examples.x, examples.y, examples.w))
    return x, y, w


def gathered(tensors: Batch, rows: Any) -> Batch:
    """Some rows of tensors."""
    x, y, w = (mapped(lambda tensor: tf.gather(tensor, rows), tree) for tree in tensors)
    return x, y, w


class ArrayFeed:
    """Batches gathered from arrays inside the graph: no input pipeline at all."""

    def __init__(self, examples: EncodedArrays, batch_size: int, seed: int):
        self._tensors = tensors_of(examples)
        self._batch_size = batch_size
        self._rows = shuffled_rows(len(examples), batch_size, seed)

    def argument(self, step: int, count: int) -> tf.Tensor:
        """Row numbers, int32 (count, batch_size)."""
        return tf.constant(self._rows(step, count))

    def signature(self) -> tf.TensorSpec:
        """Any number of steps."""
        return tf.TensorSpec([None, self._batch_size], tf.int32)

    def batch(self, argument: Any, index: Any) -> Batch:
        """Rows of one step."""
        rows = argument[index]
        return gathered(self._tensors, rows)


class StreamFeed:
    """Batches from an endless `tf.data` iterator, possibly distributed over replicas."""

    def __init__(self, dataset: Any):
        self._iterator: Iterator[Any] = iter(dataset)

    def argument(self, step: int, count: int) -> Iterator[Any]:
        """The iterator: it goes on where the last call stopped."""
        return self._iterator

    def signature(self) -> Any:
        """Type of the iterator."""
        return self._iterator._type_spec  # type: ignore[attr-defined]

    def batch(self, argument: Any, index: Any) -> Batch:
        """The next batch."""
        return next(argument)
