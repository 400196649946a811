"""From serialized records to arrays."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from ...errors import UsageError
from .record_schema import RecordFeature, mismatch


@dataclass(frozen=True)
class Ragged:
    """Sequences of different length: their values one behind the other, and how many each has, (rows,) int."""

    values: np.ndarray
    counts: np.ndarray

    def padded(self, steps: int, width: int) -> np.ndarray:
        """(rows, steps, width), with zeros behind the end; longer ones are cut."""
        places = np.arange(len(self.values)) - np.repeat(np.cumsum(self.counts) - self.counts, self.counts)
        rows = np.repeat(np.arange(len(self.counts)), self.counts)
        kept = places < steps * width
        padded = np.zeros((len(self.counts), steps * width), self.values.dtype)
        padded[rows[kept], places[kept]] = self.values[kept]
        return padded.reshape(-1, steps, width)


Parsed = dict[str, np.ndarray | Ragged]


class RecordParser:
    """Parses records of one schema.

    Args:
      schema: features by name; others are left out.
      image_size: height and width that images are resized to.
    """

    def __init__(self, schema: Mapping[str, RecordFeature], image_size: tuple[int, int]):
        self.schema = dict(schema)
        self._image_size = image_size
        self._specs = {name: _spec(feature) for name, feature in schema.items()}

    def parse(self, records: np.ndarray, path: str, numbers: np.ndarray) -> Parsed:
        """Features by name: (records, ...) arrays, `Ragged` for those that vary, strings as `str`.

        Args:
          records: serialized, (records,) of bytes.
          path, numbers: of the file and of each record in it, counted from 1, for errors.

        Raises:
          UsageError: a record departs from the schema, or an image is damaged.
        """
        try:
            found = tf.io.parse_example(records, self._specs)
            parsed = {name: self._array(found[name], feature) for name, feature in self.schema.items()}
            is_right = _same_steps(parsed, self.schema)
        except (tf.errors.OpError, ValueError):
            is_right = False
        if not is_right:
            self._explain(records, path, numbers)
        return parsed

    def _array(self, column: Any, feature: RecordFeature) -> np.ndarray | Ragged:
        if feature.varies:
            return Ragged(column.values.numpy(), column.row_lengths().numpy())
        if feature.dtype == "image":
            return decoded(column, self._image_size)
        array: np.ndarray = column.numpy()
        if feature.dtype == "uint8":
            return np.frombuffer(b"".join(_sized(array, feature)), np.uint8).reshape(len(array), *feature.shape)
        if feature.dtype == "string":
            return np.array([text.decode("utf-8", "replace") for text in array.tolist()], dtype=object)
        return array

    def _explain(self, records: np.ndarray, path: str, numbers: np.ndarray) -> None:
        for record, number in zip(records, numbers.tolist(), strict=True):
            place = f"{path}, record {number}"
            if reason := mismatch(record, self.schema, place):
                raise UsageError(f"{place}: {reason}")
            found = tf.io.parse_example([record], self._specs)
            for name, feature in self.schema.items():
                try:
                    if feature.dtype == "image":
                        decoded(found[name], self._image_size)
                except tf.errors.OpError:
                    raise UsageError(f"{place}: feature {name!r} is not an image that can be decoded") from None
        raise UsageError(f"{path}: records {numbers[0]} to {numbers[-1]} cannot be parsed")


def _spec(feature: RecordFeature) -> Any:
    dtype = {"float": tf.float32, "int64": tf.int64, "bytes": tf.string}[feature.stored]
    if feature.varies:
        return tf.io.RaggedFeature(dtype, row_splits_dtype=tf.int64)
    return tf.io.FixedLenFeature(() if feature.stored == "bytes" else feature.shape, dtype)


def _sized(array: np.ndarray, feature: RecordFeature) -> list[bytes]:
    texts: list[bytes] = array.tolist()
    if any(len(text) != feature.width for text in texts):
        raise ValueError("another number of bytes")
    return texts


def _same_steps(parsed: Parsed, schema: Mapping[str, RecordFeature]) -> bool:
    """Whether sequences have at least one step, whole steps only, and as many of them as the others of their record."""
    ragged = {name: column for name, column in parsed.items() if isinstance(column, Ragged)}
    steps = [column.counts // schema[name].width for name, column in ragged.items()]
    whole = all((column.counts % schema[name].width == 0).all() for name, column in ragged.items())
    return whole and all((counts > 0).all() and (counts == steps[0]).all() for counts in steps)


def decoded(files: Any, size: tuple[int, int]) -> np.ndarray:
    """Contents of image files as (files, height, width, 3) uint8, resized as the exported model does it."""

    def one(content: Any) -> Any:
        image = tf.io.decode_image(content, channels=3, expand_animations=False)
        image.set_shape((None, None, 3))
        return tf.cast(tf.round(tf.image.resize(image, size, method="bilinear")), tf.uint8)

    images = tf.data.Dataset.from_tensor_slices(files).map(one, num_parallel_calls=2).batch(len(files))
    array: np.ndarray = images.get_single_element().numpy()
    return array
