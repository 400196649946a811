"""The provider `image_directory`: image files, one folder a class, decoded while training."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from ..errors import UsageError
from .image_decoding import IMAGE, decoded_batches
from .image_encoder import ImageEncoder
from .image_files import Scan, scan
from .image_layout import ImageLayout
from .labels import class_weights
from .provider import Column, DataOptions, Description, Feature, Provider, Task, TaskKind
from .split import stratified


@dataclass(frozen=True)
class ImageList:
    """Files of one part with class ids (n,) and weights (n,)."""

    paths: np.ndarray
    labels: np.ndarray
    weights: np.ndarray

    def shuffled(self, seed: int) -> "ImageList":
        """The same files in another order."""
        order = np.random.default_rng(seed).permutation(len(self.paths))
        return ImageList(self.paths[order], self.labels[order], self.weights[order])


def image_provider(options: DataOptions) -> "ImageProvider":
    """Scans the folders of the options and splits what has no folder of its own.

    Raises:
      UsageError: a folder is missing or holds no usable images, or an option has no meaning for images.
    """
    for name in ("weight", "columns", "types", "delimiter"):
        if getattr(options, name):
            raise UsageError(f"{name} has no meaning for image folders")
    if options.task == "regression":
        raise UsageError("task 'regression' has no meaning for image folders, where the folders are the classes")
    if min(options.image_size) < 1:
        raise UsageError(f"image_size {options.image_size} must be at least 1x1")
    train = scan(options.filename)
    held_out = [options.validation_filename, options.test_filename]
    scans = [scan(name, train.classes) if name else None for name in held_out]
    evaluation = 0.0 if scans[0] else options.validation_fraction
    test = 0.0 if scans[1] else options.test_fraction
    split = stratified(np.array(train.labels), evaluation, test, options.seed)
    task = Task(TaskKind.CLASSIFICATION, "class", train.classes)
    counts = np.bincount(np.array(train.labels)[split.train], minlength=len(task.classes))
    weights = class_weights(options.class_weight, task, counts.tolist())
    parts = [
        _list(train, split.train, weights),
        _list(scans[0]) if scans[0] else _list(train, split.evaluation),
        _list(scans[1]) if scans[1] else _list(train, split.test),
    ]
    if not len(parts[1].paths):
        raise UsageError("no evaluation data: give a validation folder or a validation_fraction above 0")
    all_scans = [train, *(s for s in scans if s)]
    return ImageProvider(task, [part.shuffled(options.seed) for part in parts], all_scans, options)


def _list(found: Scan, rows: np.ndarray | None = None, weights: np.ndarray | None = None) -> ImageList:
    paths, labels = np.array(found.paths, dtype=object), np.array(found.labels, dtype=np.int32)
    if rows is not None:
        paths, labels = paths[rows], labels[rows]
    return ImageList(paths, labels, (np.ones(len(found.classes)) if weights is None else weights)[labels].astype("f4"))


class ImageProvider(Provider):
    """Images on disk; see `image_provider`. `options.image_size` is (height, width)."""

    def __init__(self, task: Task, parts: list[ImageList], scans: list[Scan], options: DataOptions):
        self.task = task
        self.image_size = options.image_size
        self.layout = ImageLayout(IMAGE, *options.image_size)
        self._train, self._evaluation, self._test = parts
        self._scans = scans
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

    def train(self) -> tf.data.Dataset:
        """Training batches, in an order shuffled once by the seed."""
        return self._batches(self._train)

    def shuffled_train(self, seed: int) -> tf.data.Dataset:
        """Training batches in an order of the seed."""
        return self._batches(self._train.shuffled(seed))

    def evaluation(self) -> tf.data.Dataset:
        """Batches that trials are ranked by."""
        return self._batches(self._evaluation)

    def test(self) -> tf.data.Dataset | None:
        """Batches that are scored once at the end."""
        return self._batches(self._test) if len(self._test.paths) else None

    def _batches(self, part: ImageList) -> tf.data.Dataset:
        return decoded_batches(part.paths, part.labels, part.weights, self.image_size, self.damaged)

    def describe(self) -> Description:
        """What was found, and which files could not be decoded so far."""
        counts = np.bincount(self._train.labels, minlength=len(self.task.classes)).tolist()
        notes = [note for found in self._scans for note in found.notes()]
        if self.damaged:
            names = sorted(self.damaged)
            notes.append(f"{len(names)} damaged images are skipped: {', '.join(names[:3])}")
        height, width = self.image_size
        return Description(
            len(self._train.paths),
            len(self._evaluation.paths),
            len(self._test.paths) or None,
            (Column(IMAGE, "image", f"resized to {height}x{width}"), Column("class", "label", "name of the folder")),
            tuple(notes),
            dict(zip(self.task.classes, counts, strict=True)),
        )

    def identity(self) -> str:
        """A line that changes with files, split or preprocessing."""
        o = self._options
        height, width = self.image_size
        sizes = f"{len(self._train.paths)}+{len(self._evaluation.paths)}+{len(self._test.paths)}"
        digests = "+".join(found.digest for found in self._scans)
        chosen = f"validation={o.validation_fraction:g} test={o.test_fraction:g} seed={o.seed}"
        chosen += f" class_weight={o.class_weight}" if o.class_weight else ""
        return f"images sha256:{digests} images={sizes} size={height}x{width} {chosen}"
