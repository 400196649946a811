"""Augmentations of sounds: of standardised log-mel spectrograms (batch, frames, mel) or (batch, frames, mel, 1)."""

from typing import Any

import keras
import tensorflow as tf

MASKS = 2
"""Masks of each kind; Park et al. use two of each for LibriSpeech in their policy LD (table 1)."""


class TimeShift(keras.layers.Layer):
    """Moves each sound earlier or later, repeating its first or last frame where nothing came from.

    The lengths of sequences stay: what is moved behind a sequence's length is lost, as with a sound that was cut.

    Args:
      share: of the frames that a sound is moved by at most.
    """

    def __init__(self, share: float):
        super().__init__(autocast=False)
        self.share = share
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, frames: Any) -> Any:
        """Spectrograms with the frames on axis 1."""
        count = frames.shape[1]
        most = int(self.share * count)
        shift = keras.random.randint((tf.shape(frames)[0], 1), -most, most + 1, "int32", seed=self.seed_generator)
        places = tf.clip_by_value(tf.range(count) - shift, 0, count - 1)
        return tf.gather(frames, places, axis=1, batch_dims=1)


class Noise(keras.layers.Layer):
    """Adds normal noise to the standardised log-mel values.

    It is noise on loudness, not a sound in the background.

    Args:
      strength: its standard deviation; that of each mel bin over the training data is 1.
    """

    def __init__(self, strength: float):
        super().__init__(autocast=False)
        self.strength = strength
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, frames: Any) -> Any:
        """Spectrograms of any rank."""
        noise = keras.random.normal(tf.shape(frames), stddev=self.strength, dtype="float32", seed=self.seed_generator)
        return frames + tf.cast(noise, frames.dtype)


class SpecAugment(keras.layers.Layer):
    """Sets bands of frames and bands of mel bins to zero, the mean of standardised values.

    Park et al., "SpecAugment: a simple data augmentation method for automatic speech recognition" (Interspeech 2019),
    section 2, without the time warp. The width of a mask is uniform from 0 to a share of its axis, where the paper has
    27 of 80 mel bins and 100 frames.

    Args:
      share: of its axis that a mask covers at most.
    """

    def __init__(self, share: float):
        super().__init__(autocast=False)
        self.share = share
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, frames: Any) -> Any:
        """Spectrograms with the frames on axis 1 and the mel bins on axis 2."""
        masked = self._bands(frames, 1)[:, :, None] | self._bands(frames, 2)[:, None, :]
        masked = tf.reshape(masked, [-1, frames.shape[1], frames.shape[2], *[1] * (len(frames.shape) - 3)])
        return tf.where(masked, tf.zeros((), frames.dtype), frames)

    def _bands(self, frames: Any, axis: int) -> Any:
        """Which places of an axis are masked: (batch, size) bool."""
        size = frames.shape[axis]
        shape = (tf.shape(frames)[0], MASKS, 1)
        width = keras.random.randint(shape, 0, int(self.share * size) + 1, "int32", seed=self.seed_generator)
        place = keras.random.uniform(shape, seed=self.seed_generator, dtype="float32")
        start = tf.cast(place * tf.cast(size - width + 1, tf.float32), tf.int32)
        offset = tf.range(size) - start
        return tf.reduce_any((offset >= 0) & (offset < width), axis=1)
