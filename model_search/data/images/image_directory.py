"""The provider `image_directory`: image files with labels in folders, names or a table, decoded while training."""

from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf

from ...errors import UsageError
from ..augmentation import augmentation_of
from ..files.file_parts import FileList, FileParts, choices
from ..files.labelled_files import labelled_files
from ..provider import Column, DataOptions, Description, Feature, Provider
from .image_decoding import IMAGE, decoded_batches
from .image_encoder import ImageEncoder
from .image_files import IMAGES
from .image_layout import ImageLayout


def image_provider(options: DataOptions) -> "ImageProvider":
    """Scans the folders of the options and splits what has no folder of its own.

    Raises:
      UsageError: a folder is missing or holds no usable images, or an option has no meaning for images.
    """
    if min(options.image_size) < 1:
        raise UsageError(f"image_size {options.image_size} must be at least 1x1")
    augmentation_of(options.augment, "image", (*options.image_size, 3))
    return ImageProvider(labelled_files(options, IMAGES), options)


class ImageProvider(Provider):
    """Images on disk; see `image_provider`. `options.image_size` is (height, width)."""

    def __init__(self, parts: FileParts, options: DataOptions):
        self.task = parts.task
        self.image_size = options.image_size
        self.layout = ImageLayout(IMAGE, *options.image_size)
        self._parts = parts
        self._options = options
        self._encoder: ImageEncoder | None = None
        self.damaged: set[str] = set()

    def signature(self) -> Mapping[str, Feature]:
        """One input, `image`: uint8 RGB of any size."""
        return {IMAGE: Feature("uint8", (None, None, 3))}

    def encode(self, inputs: Mapping[str, Any]) -> Any:
        """Resizes (which changes nothing at the right size) and rescales to [-1, 1]."""
        self._encoder = self._encoder or ImageEncoder(self.image_size)
        return self._encoder(inputs[IMAGE])

    def augmentation(self) -> keras.Layer | None:
        """What `options.augment` asks for, with generators of its own at each call."""
        return augmentation_of(self._options.augment, "image", (*self.image_size, 3))

    def train(self) -> tf.data.Dataset:
        """Training batches, in an order shuffled once by the seed."""
        return self._batches(self._parts.train)

    def shuffled_train(self, seed: int) -> tf.data.Dataset:
        """Training batches in an order of the seed."""
        return self._batches(self._parts.train.shuffled(seed))

    def evaluation(self) -> tf.data.Dataset:
        """Batches that trials are ranked by."""
        return self._batches(self._parts.evaluation)

    def test(self) -> tf.data.Dataset | None:
        """Batches that are scored once at the end."""
        return self._batches(self._parts.test) if len(self._parts.test.paths) else None

    def _batches(self, part: FileList) -> tf.data.Dataset:
        return decoded_batches(part, self.image_size, self.damaged)

    def describe(self) -> Description:
        """What was found, and which files could not be decoded so far."""
        notes = self._parts.notes()
        if self.damaged:
            names = sorted(self.damaged)
            notes.append(f"{len(names)} damaged images are skipped: {', '.join(names[:3])}")
        height, width = self.image_size
        return Description(
            len(self._parts.train.paths),
            len(self._parts.evaluation.paths),
            len(self._parts.test.paths) or None,
            (Column(IMAGE, "image", f"resized to {height}x{width}"), *self._parts.columns),
            tuple(notes),
            self._parts.label_counts(),
        )

    def identity(self) -> str:
        """A line that changes with files, split or preprocessing."""
        height, width = self.image_size
        sizes = f"images={self._parts.sizes()} size={height}x{width}"
        return f"images sha256:{self._parts.digests()} {sizes} {choices(self._options)}"
