"""Augmentations of sounds: of standardised log-mel spectrograms (batch, frames, mel) or (batch, frames, mel, 1).

Each layer takes spectrograms and the frames (batch,) int32 that each sound has of them, and returns both: short sounds
are padded to the longest, and how far one may be moved and how much of it masked goes by its own length.
"""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

MASKS = 2
"""Masks of each kind; Park et al. use two of each for LibriSpeech in their policy LD (table 1)."""

FRAMES_TO_BINS = 1 / 3
"""Share of a sound's frames that a mask covers at most, by that of mel bins: 100 of some 1000 to 27 of 80 there."""


class SoundAugmentation(keras.layers.Layer):
    """Layers one behind the other in training, nothing otherwise; shape and dtype stay, whatever the dtype."""

    def __init__(self, layers: Sequence[keras.layers.Layer]):
        super().__init__(autocast=False, name="augmentation")
        self.layers = list(layers)

    def call(self, features: Any, training: bool = True) -> Any:
        """Encoded sounds: sequences, a dict of `x` and `lengths`, or plates, whose silence at the end is found."""
        if not training:
            return features
        is_sequence = isinstance(features, dict)
        x = features["x"] if is_sequence else features
        lengths = features["lengths"] if is_sequence else sounding_frames(x)
        changed = x
        for layer in self.layers:
            changed, lengths = layer(changed, lengths)
        changed = tf.cast(tf.ensure_shape(changed, x.shape), x.dtype)
        return {**features, "x": changed, "lengths": lengths} if is_sequence else changed


def sounding_frames(frames: Any) -> Any:
    """Frames before those at the end that are all alike, which are silence: (batch,) int32, at least 1.

    A last frame that is like no other is part of the sound.
    """
    count = frames.shape[1]
    flat = tf.reshape(frames, [-1, count, frames.shape[2]])
    differs = tf.reduce_any(flat != flat[:, -1:], axis=2)
    length = tf.reduce_max(tf.where(differs, tf.range(1, count + 1), 1), axis=1)
    return tf.where(length == count - 1, count, length)


class TimeShift(keras.layers.Layer):
    """Moves each sound earlier, so that its beginning is cut off, or later, behind repetitions of its first frame.

    Its length follows: nothing but what is moved out of the spectrogram is lost, and no padding becomes sound.

    Args:
      share: of its own frames that a sound is moved by at most.
    """

    def __init__(self, share: float):
        super().__init__(autocast=False)
        self.share = share
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, frames: Any, lengths: Any) -> Any:
        """Spectrograms with the frames on axis 1, and their lengths."""
        count = frames.shape[1]
        most = _share_of(lengths, self.share)
        shift = _integers(tf.shape(lengths), 2 * most + 1, self.seed_generator) - most
        places = tf.clip_by_value(tf.range(count) - shift[:, None], 0, count - 1)
        return tf.gather(frames, places, axis=1, batch_dims=1), tf.minimum(lengths + shift, count)


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

    def call(self, frames: Any, lengths: Any) -> Any:
        """Spectrograms of any rank, and their lengths."""
        noise = keras.random.normal(tf.shape(frames), stddev=self.strength, dtype="float32", seed=self.seed_generator)
        return frames + tf.cast(noise, frames.dtype), lengths


class SpecAugment(keras.layers.Layer):
    """Sets bands of a sound's frames and bands of mel bins to the sound's own mean of each bin.

    Park et al., "SpecAugment: a simple data augmentation method for automatic speech recognition" (Interspeech 2019),
    section 2, without the time warp. The width of a mask is uniform from 0 to a share of the mel bins, or to
    `FRAMES_TO_BINS` times this share of the sound's own frames. The mean is not 0 where sounds are standardised
    together: of a quiet speaker it may be -1, and bands of 0 in it are louder than anything that was said.

    Args:
      share: of the mel bins that a mask covers at most.
    """

    def __init__(self, share: float):
        super().__init__(autocast=False)
        self.share = share
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, frames: Any, lengths: Any) -> Any:
        """Spectrograms with the frames on axis 1 and the mel bins on axis 2, and their lengths."""
        count, bins = frames.shape[1:3]
        in_time = self._bands(count, lengths, self.share * FRAMES_TO_BINS)
        masked = in_time[:, :, None] | self._bands(bins, tf.fill(tf.shape(lengths), bins), self.share)[:, None, :]
        masked = tf.reshape(masked, [-1, count, bins, *[1] * (len(frames.shape) - 3)])
        inside = tf.reshape(tf.sequence_mask(lengths, count), [-1, count, *[1] * (len(frames.shape) - 2)])
        return tf.where(masked & inside, _means(frames, inside), frames), lengths

    def _bands(self, count: int, sizes: Any, share: float) -> Any:
        """Which of `count` places are masked, of the first `sizes` (batch,): (batch, count) bool."""
        sizes = tf.repeat(sizes[:, None], MASKS, axis=1)
        width = _integers(tf.shape(sizes), _share_of(sizes, share) + 1, self.seed_generator)
        start = _integers(tf.shape(sizes), sizes - width + 1, self.seed_generator)
        offset = tf.range(count) - start[:, :, None]
        return tf.reduce_any((offset >= 0) & (offset < width[:, :, None]), axis=1)


def _means(frames: Any, inside: Any) -> Any:
    """The mean of each mel bin over a sound's frames that are inside of it; the axis of frames stays, with size 1."""
    weights = tf.cast(inside, tf.float32)
    total = tf.reduce_sum(tf.cast(frames, tf.float32) * weights, axis=1, keepdims=True)
    return tf.cast(total / tf.reduce_sum(weights, axis=1, keepdims=True), frames.dtype)


def _share_of(sizes: Any, share: float) -> Any:
    """A share of int32 sizes, rounded down."""
    return tf.cast(share * tf.cast(sizes, tf.float32), tf.int32)


def _integers(shape: Any, below: Any, seed: keras.random.SeedGenerator) -> Any:
    """Random int32 from 0, each below a bound of its own."""
    uniform = keras.random.uniform(shape, seed=seed, dtype="float32")
    # Rounding may reach the bound.
    return tf.minimum(tf.cast(uniform * tf.cast(below, tf.float32), tf.int32), below - 1)
