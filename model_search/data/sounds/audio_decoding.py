"""From WAV files to sounds of one sample rate and length."""

import logging
import math
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from ..files.file_parts import FileList
from ..trees import Tree
from .audio_wav import WavError, read_header, read_samples

AUDIO = "audio"
BATCH = 64
BATCH_BYTES = 16 << 20
"""Bounds of one batch of raw sounds."""

_LOG = logging.getLogger(__name__)


class SoundReader:
    """Decodes, resamples, cuts and pads sounds, and keeps a list of those that are damaged.

    Args:
      rate: in Hz, of what is returned.
      samples: length of what is returned.

    Attributes:
      damaged: paths of files that turned out to be damaged.
    """

    def __init__(self, rate: int, samples: int):
        self.rate = rate
        self.samples = samples
        self.damaged: set[str] = set()

    @property
    def batch(self) -> int:
        """Sounds that are decoded at a time."""
        return max(1, min(BATCH, BATCH_BYTES // (4 * self.samples)))

    def read(self, path: str) -> np.ndarray | None:
        """One sound, cut to the length but not padded: (samples or fewer,) float32; None for a damaged file."""
        try:
            header = read_header(path)
            # What is resampled depends on ten samples of the slower rate on each side.
            margin = 10 * max(1, math.ceil(header.rate / self.rate)) + 1
            wanted = math.ceil(self.samples * header.rate / self.rate) + margin
            sound = resampled(read_samples(path, header, wanted), header.rate, self.rate)[: self.samples]
        except WavError as error:
            if path not in self.damaged:
                self.damaged.add(path)
                _LOG.info("%s is skipped: %s (%d such sounds so far)", path, error, len(self.damaged))
            return None
        return sound

    def read_padded(self, paths: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Sounds that can be read as (n, samples) float32, zeros behind their ends, and their places in `paths`."""
        found = [(place, self.read(path)) for place, path in enumerate(paths)]
        sounds = [(place, sound) for place, sound in found if sound is not None]
        return padded([sound for _, sound in sounds], self.samples), np.array([place for place, _ in sounds], np.int64)

    def batches(self, part: FileList) -> tf.data.Dataset:
        """Batches `({"audio": (b, samples) float32}, labels, weights)` in the order of the files.

        A file that cannot be decoded is left out, logged once, and its path added to `damaged`.
        """

        coded = (part.labels, part.weights)
        columns = tf.nest.flatten(coded)

        def load(rows: np.ndarray) -> list[np.ndarray]:
            sounds, places = self.read_padded(part.paths[rows].tolist())
            return [sounds, *(column[rows[places]] for column in columns)]

        def example(rows: tf.Tensor) -> tuple[dict[str, tf.Tensor], Tree, Tree]:
            types = [tf.float32, *(tf.as_dtype(column.dtype) for column in columns)]
            sounds, *found = tf.numpy_function(load, [rows], types)
            shaped = [tf.ensure_shape(a, (None, *c.shape[1:])) for a, c in zip(found, columns, strict=True)]
            labels, weights = tf.nest.pack_sequence_as(coded, shaped)
            return {AUDIO: tf.ensure_shape(sounds, (None, self.samples))}, labels, weights

        rows = tf.data.Dataset.range(len(part.paths)).batch(self.batch)
        batches = rows.map(example, num_parallel_calls=2, deterministic=True)
        return batches.filter(lambda sounds, labels, weights: tf.shape(sounds[AUDIO])[0] > 0).prefetch(2)


def padded(sounds: Sequence[np.ndarray], samples: int) -> np.ndarray:
    """Sounds with zeros behind their ends, (n, samples) float32."""
    together = np.zeros((len(sounds), samples), np.float32)
    for row, sound in zip(together, sounds, strict=True):
        row[: len(sound)] = sound
    return together


def resampled(sound: np.ndarray, rate: int, wanted: int) -> np.ndarray:
    """A sound at another rate, by a polyphase filter that takes out what the lower rate cannot hold."""
    if rate == wanted:
        return sound
    from scipy.signal import resample_poly

    common = math.gcd(rate, wanted)
    found: np.ndarray = resample_poly(sound, wanted // common, rate // common).astype(np.float32)
    return found
