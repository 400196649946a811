"""Augmentations of images, random anew for each image of a batch."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf


class ImageAugmentation(keras.layers.Layer):
    """Layers one behind the other in training, nothing otherwise; shape and dtype stay, whatever the dtype."""

    def __init__(self, layers: Sequence[keras.layers.Layer]):
        super().__init__(autocast=False, name="augmentation")
        self.layers = list(layers)

    def call(self, images: Any, training: bool = True) -> Any:
        """Encoded images (batch, height, width, channels)."""
        if not training:
            return images
        changed = images
        for layer in self.layers:
            changed = layer(changed, training=True) if isinstance(layer, keras.layers.RandomFlip) else layer(changed)
        return tf.cast(tf.ensure_shape(changed, images.shape), images.dtype)


class PaddedCrop(keras.layers.Layer):
    """Pads each side with zeros and cuts a random part of the first size out of it.

    As in He et al., "Deep residual learning for image recognition" (CVPR 2016), section 4.2, with 4 pixels. Keras'
    `RandomCrop` draws one place for all images of a batch.

    Args:
      pixels: of padding on each side.
    """

    def __init__(self, pixels: int):
        super().__init__(autocast=False)
        self.pixels = pixels
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, images: Any) -> Any:
        """Images (batch, height, width, channels)."""
        pixels = self.pixels
        padded = tf.pad(images, [[0, 0], [pixels, pixels], [pixels, pixels], [0, 0]])
        for axis in (1, 2):
            start = keras.random.randint((tf.shape(images)[0], 1), 0, 2 * pixels + 1, "int32", seed=self.seed_generator)
            places = start + tf.range(images.shape[axis])
            if axis == 1:
                padded = tf.gather(padded, places, axis=1, batch_dims=1)
            else:
                padded = tf.gather(padded, places, axis=2, batch_dims=1)
        return padded


class Cutout(keras.layers.Layer):
    """Sets a square to zero, the middle of the range of grey values.

    The square's middle is anywhere in the image, so that a part of the square may lie outside: DeVries and Taylor,
    "Improved regularization of convolutional neural networks with cutout" (arXiv:1708.04552), section 3.2.

    Args:
      size: of the square's side in pixels.
    """

    def __init__(self, size: int):
        super().__init__(autocast=False)
        self.size = size
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, images: Any) -> Any:
        """Images (batch, height, width, channels)."""
        batch = tf.shape(images)[0]
        inside = []
        for axis in (1, 2):
            middle = keras.random.randint((batch, 1), 0, images.shape[axis], "int32", seed=self.seed_generator)
            offset = tf.range(images.shape[axis]) - (middle - self.size // 2)
            inside.append((offset >= 0) & (offset < self.size))
        square = inside[0][:, :, None, None] & inside[1][:, None, :, None]
        return tf.where(square, tf.zeros((), images.dtype), images)
