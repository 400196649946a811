"""Reading a finite `tf.data` set into arrays."""

import sys
from typing import Any

import numpy as np

from ...errors import UsageError

MAXIMUM_BYTES = 4 << 30
"""Larger sets need a provider of their own."""


def is_dataset(data: Any) -> bool:
    """Whether this is a `tf.data.Dataset`; loads no TensorFlow."""
    tf = sys.modules.get("tensorflow")
    return tf is not None and isinstance(data, tf.data.Dataset)


def read_dataset(dataset: Any, source: str) -> tuple[Any, ...]:
    """Arrays (features, labels[, weights]) of a set of such tuples, batched or not; strings become `str`.

    Raises:
      UsageError: the set has no end, is empty or too large, or its elements are no such tuples.
    """
    import tensorflow as tf

    spec = dataset.element_spec
    if not isinstance(spec, tuple) or not 2 <= len(spec) <= 3:
        raise UsageError(f"{source}: the dataset yields {_kind(spec)}; expected (features, labels[, weights])")
    if any(not isinstance(part, tf.TensorSpec) for part in tf.nest.flatten(spec)):
        raise UsageError(f"{source}: the dataset yields ragged or sparse tensors; pad sequences to one length")
    if dataset.cardinality() == tf.data.INFINITE_CARDINALITY:
        raise UsageError(f"{source}: the dataset has no end (repeat()); expected one pass")
    if spec[1].shape.rank == 0:
        dataset = dataset.batch(1024)
    batches: list[list[np.ndarray]] = []
    size = 0
    for element in dataset.as_numpy_iterator():
        batches.append([_text(array) for array in tf.nest.flatten(element)])
        size += sum(array.nbytes for array in batches[-1])
        if size > MAXIMUM_BYTES:
            raise UsageError(
                f"{source}: the dataset is larger than {MAXIMUM_BYTES >> 30} GiB; register a Provider for it"
            )
    if not batches:
        raise UsageError(f"{source}: the dataset is empty")
    columns = [_joined(list(arrays), source) for arrays in zip(*batches, strict=True)]
    packed = tf.nest.pack_sequence_as(spec, columns)
    assert isinstance(packed, tuple)
    return packed


def _joined(batches: list[np.ndarray], source: str) -> np.ndarray:
    """Batches in one array; token ids that were padded by batch, as `padded_batch` does it, are padded with zeros.

    Raises:
      UsageError: other batches differ in shape.
    """
    shapes = {batch.shape[1:] for batch in batches}
    if len(shapes) > 1 and all(batch.ndim == 2 and batch.dtype.kind in "iu" for batch in batches):
        steps = max(batch.shape[1] for batch in batches)
        batches = [np.pad(batch, ((0, 0), (0, steps - batch.shape[1]))) for batch in batches]
    elif len(shapes) > 1:
        raise UsageError(f"{source}: batches differ in shape, such as {sorted(shapes)[:2]}; pad all to one")
    return np.concatenate(batches)


def _kind(spec: Any) -> str:
    return f"a {type(spec).__name__} of {len(spec)}" if isinstance(spec, tuple | list | dict) else "single tensors"


def _text(array: Any) -> np.ndarray:
    array = np.asarray(array)
    if array.dtype != object:
        return array
    texts = [
        value.decode("utf-8", "replace") if isinstance(value, bytes) else value for value in array.ravel().tolist()
    ]
    return np.array(texts, dtype=object).reshape(array.shape)
