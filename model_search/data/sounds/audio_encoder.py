"""The Keras layers that encode sounds; they become part of the exported model."""

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import layers, ops

from .audio_wav import HIGHEST_RATE

FLOOR = 1e-6
"""Added to the power of each mel bin before the logarithm, so that silence is a number: some 90 dB below a tone at full
scale, and above the noise of rounding to 16 bits."""

PIECES = 4
"""Equal parts of a sound whose means are told apart in vectors."""


class Form(enum.Enum):
    """In what form sounds are encoded."""

    PLATES = "plates"
    SEQUENCES = "sequences"
    VECTORS = "vectors"


@dataclass(frozen=True)
class Framing:
    """How sounds of a rate are cut into frames: windows of 25 ms, 10 ms apart, as usual in speech recognition.

    Attributes:
      rate: in Hz.
      frames: number of frames.
    """

    rate: int
    frames: int

    @classmethod
    def of(cls, rate: int, seconds: float) -> "Framing":
        """The frames that cover a length, at least as many as fill one window."""
        assert rate <= HIGHEST_RATE
        short = cls(rate, 1)
        return cls(rate, max(-(-round(seconds * rate) // short.hop), -(-short.fft // short.hop)))

    @property
    def hop(self) -> int:
        """Samples from one frame to the next."""
        return round(self.rate / 100)

    @property
    def window(self) -> int:
        """Samples of one frame."""
        return round(self.rate / 40)

    @property
    def fft(self) -> int:
        """Samples of one Fourier transform, a power of 2: 256 at 8 kHz, 512 at 16 kHz."""
        return int(1 << (self.window - 1).bit_length())

    @property
    def mel_bins(self) -> int:
        """64 from 16 kHz on, 40 below, and never so many that a bin holds no frequency."""
        return min(64 if self.rate >= 16_000 else 40, self.fft // 4)

    @property
    def samples(self) -> int:
        """Samples of all frames."""
        return self.frames * self.hop


class AudioEncoder:
    """Log-mel spectrograms, standardised by mel bin, in one of the forms.

    Frame t is centred on sample t * hop. Sounds of any length are cut or padded with zeros first, so a sound's encoding
    does not depend on what it is batched with.

    Args:
      framing: of the sounds.
      form: what comes out.
    """

    def __init__(self, framing: Framing, form: Form):
        self.framing = framing
        self.form = form
        self._mel = layers.MelSpectrogram(
            fft_length=framing.fft,
            sequence_stride=framing.hop,
            sequence_length=framing.window,
            sampling_rate=framing.rate,
            num_mel_bins=framing.mel_bins,
            # Decibels would be bounded by the loudest sound of the batch.
            power_to_db=False,
            dtype="float32",
            name="encode_mel",
        )
        self._standardise: layers.Normalization | None = None

    def adapt(self, batches: Iterable[np.ndarray]) -> None:
        """Takes mean and variance of each mel bin over the frames of sounds (b, samples), one at least.

        Padding is left out.
        """
        count, total, squares = 0.0, np.zeros(self.framing.mel_bins), np.zeros(self.framing.mel_bins)
        for sounds in batches:
            spectrogram = ops.convert_to_numpy(self._log_mel(sounds)).astype(np.float64)
            lengths = ops.convert_to_numpy(self._lengths(sounds))
            values = spectrogram[np.arange(self.framing.frames) < lengths[:, None]]
            count += len(values)
            total += values.sum(axis=0)
            squares += (values**2).sum(axis=0)
        mean = total / count
        variance = squares / count - mean**2
        variance[variance < 1e-6] = 1.0
        self._standardise = layers.Normalization(
            axis=-1, mean=mean, variance=variance, dtype="float32", name="encode_standardise"
        )

    def __call__(self, audio: Any) -> Any:
        """Sounds (batch, any) float32 to what the form says, M mel bins and T frames.

        Returns:
          Plates (batch, T, M, 1); sequences, a dict of `x` (batch, T, M) and `lengths` int32 (batch,), the frames up
          to the last sample that is not zero, at least 1; or vectors (batch, 5 M): the mean of each bin in each quarter
          of those frames, and its standard deviation over all of them.
        """
        assert self._standardise is not None, "adapt comes first"
        samples = self.framing.samples
        audio = ops.reshape(ops.pad(audio, [[0, 0], [0, samples]])[:, :samples], (-1, samples))
        x = self._standardise(self._log_mel(audio))
        if self.form is Form.PLATES:
            return ops.expand_dims(x, -1)
        lengths = self._lengths(audio)
        return {"x": x, "lengths": lengths} if self.form is Form.SEQUENCES else self._vector(x, lengths)

    def _log_mel(self, audio: Any) -> Any:
        """Sounds (batch, samples) to (batch, T, M)."""
        power = ops.transpose(self._mel(audio), (0, 2, 1))[:, : self.framing.frames]
        return ops.log(power + FLOOR)

    def _lengths(self, audio: Any) -> Any:
        """Frames up to the last sample that is not zero."""
        sounding = ops.cast(ops.not_equal(audio, 0.0), "int32")
        silent_end = ops.cast(ops.argmax(ops.flip(sounding, axis=1), axis=1), "int32")
        length = (self.framing.samples - silent_end) * ops.max(sounding, axis=1)
        hop = self.framing.hop
        return ops.maximum((length + (hop - 1)) // hop, 1)

    def _vector(self, x: Any, lengths: Any) -> Any:
        """Means over quarters and the deviation over all frames; a quarter without frames has the mean 0."""
        place = ops.cast(ops.cumsum(ops.ones_like(x[:, :, 0]), axis=1), "int32") - 1
        length = ops.expand_dims(lengths, -1)
        piece = ops.where(place < length, place * PIECES // length, PIECES)
        parts = [self._mean(x, ops.equal(piece, number)) for number in range(PIECES)]
        mean, square = (self._mean(values, place < length) for values in (x, ops.square(x)))
        deviation = ops.sqrt(ops.maximum(square - ops.square(mean), 0.0))
        return ops.concatenate([*parts, deviation], axis=-1)

    @staticmethod
    def _mean(x: Any, mask: Any) -> Any:
        """Mean of x (batch, T, M) over the frames of a mask (batch, T), 0 where it is empty."""
        weights = ops.expand_dims(ops.cast(mask, "float32"), -1)
        return ops.sum(x * weights, axis=1) / ops.maximum(ops.sum(weights, axis=1), 1.0)
