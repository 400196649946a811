"""Reading a finite `tf.data` set into arrays."""

import sys
from typing import Any

import numpy as np

from ..errors import UsageError

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
    columns = [np.concatenate(arrays) for arrays in zip(*batches, strict=True)]
    packed = tf.nest.pack_sequence_as(spec, columns)
    assert isinstance(packed, tuple)
    return packed


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
