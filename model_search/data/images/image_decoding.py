"""From image files to batches of one size, in parallel and in a fixed order."""

import logging
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from ..files.file_parts import FileList
from ..trees import Tree, mapped
from .image_files import is_cut_off

IMAGE = "image"
BATCH = 256

_LOG = logging.getLogger(__name__)


def decoded_batches(part: FileList, size: tuple[int, int], damaged: set[str]) -> tf.data.Dataset:
    """Batches `({"image": (b, height, width, 3) uint8}, labels, weights)` in the order of the files.

    A file that cannot be decoded is left out, logged once, and its path added to `damaged`.

    Args:
      part: the files with labels and weights.
      size: height and width that images are resized to.
      damaged: receives the paths of files that turn out to be damaged, while batches are read.
    """

    def note_gap(before: np.ndarray, after: np.ndarray) -> np.int64:
        for path in part.paths[int(before) + 1 : int(after)]:
            if path not in damaged:
                damaged.add(path)
                _LOG.warning("%s is damaged and skipped (%d such images so far)", path, len(damaged))
        return np.int64(after)

    def check(last: tf.Tensor, element: tuple[tf.Tensor, ...]) -> tuple[tf.Tensor, tuple[tf.Tensor, ...]]:
        place, *rest = element
        place = tf.cond(
            place > last + 1, lambda: tf.numpy_function(note_gap, [last, place], tf.int64), lambda: tf.identity(place)
        )
        place.set_shape(())
        return place, (place, *rest)

    def read(place: tf.Tensor, path: tf.Tensor, label: Tree, weight: Tree) -> tuple[Tree, ...]:
        blank = tf.zeros((*size, 3), tf.uint8)
        image = tf.cond(place < count, lambda: decode(path, size), lambda: blank)
        return place, tf.ensure_shape(image, (*size, 3)), label, weight

    # A blank image behind the last file shows up a gap at the end.
    count = len(part.paths)
    columns = (
        np.arange(count + 1, dtype=np.int64),
        np.append(part.paths, "").astype(object),
        mapped(_with_blank, part.labels),
        mapped(_with_blank, part.weights),
    )
    examples = (
        tf.data.Dataset.from_tensor_slices(columns).map(read, num_parallel_calls=tf.data.AUTOTUNE).ignore_errors()
    )
    examples = examples.scan(np.int64(-1), lambda last, element: check(last, element))
    examples = examples.filter(lambda place, *_: place < count)
    batches = examples.map(lambda _, image, label, weight: ({IMAGE: image}, label, weight)).batch(BATCH)
    return batches.prefetch(2)


def _with_blank(array: np.ndarray) -> np.ndarray:
    return np.concatenate([array, np.zeros((1, *array.shape[1:]), array.dtype)])


def decode(path: tf.Tensor, size: tuple[int, int]) -> tf.Tensor:
    """One file as (height, width, 3) uint8; the first frame of a GIF; grey images get three equal channels."""
    image = tf.io.decode_image(tf.io.read_file(path), channels=3, expand_animations=False)
    image.set_shape((None, None, 3))
    fits = tf.reduce_all(tf.shape(image)[:2] == list(size))
    return tf.cond(fits, lambda: image, lambda: _resized(image, size))


def _resized(image: tf.Tensor, size: tuple[int, int]) -> tf.Tensor:
    """As the exported model resizes: bilinear, without antialiasing, which is what Keras' `Resizing` does."""
    return tf.cast(tf.round(tf.image.resize(image, size, method="bilinear")), tf.uint8)


def decoded_files(paths: Sequence[str], size: tuple[int, int]) -> tuple[list[int], np.ndarray]:
    """Files as (n, height, width, 3) uint8, and the places in `paths` of those that can be decoded."""
    whole = [place for place, path in enumerate(paths) if not is_cut_off(path)]
    rows = tf.data.Dataset.from_tensor_slices(
        (np.array(whole, dtype=np.int64), np.array([paths[place] for place in whole], dtype=str))
    )
    images = rows.map(lambda place, path: (place, decode(path, size)), num_parallel_calls=tf.data.AUTOTUNE)
    found = list(images.ignore_errors().as_numpy_iterator())
    return [int(place) for place, _ in found], np.array([image for _, image in found], dtype=np.uint8)
