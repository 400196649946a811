"""The provider `audio_directory`: WAV files with labels in folders, names or a table, decoded while training."""

import itertools
from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf

from ...errors import UsageError
from ...words import counted
from ..augmentation import augmentation_of
from ..files.file_parts import FileParts, choices
from ..files.file_scan import few
from ..files.labelled_files import labelled_files
from ..provider import Column, DataOptions, Description, Feature, Provider
from .audio_decoding import AUDIO, SoundReader
from .audio_encoder import AudioEncoder, Form, Framing
from .audio_files import Lengths, rate_note, silent_sounds, sounds
from .audio_layout import AudioLayout
from .audio_wav import HIGHEST_RATE, LOWEST_RATE, WavHeader

ADAPTED = 512
"""Training sounds that the mean and the variance of mel bins are taken of."""

MAXIMUM_SECONDS = 3600.0


def audio_provider(options: DataOptions) -> "AudioProvider":
    """Scans the folders of the options and splits what has no folder of its own.

    Raises:
      UsageError: a folder is missing or holds no usable sounds, or an option has no meaning for sounds.
    """
    rate, seconds = options.sample_rate, options.seconds
    if rate and not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise UsageError(f"sample_rate {rate} must be {LOWEST_RATE} to {HIGHEST_RATE} Hz, or 0 for the first file's")
    if not 0 <= seconds <= MAXIMUM_SECONDS:
        raise UsageError(f"seconds {seconds:g} must be above 0 and at most {MAXIMUM_SECONDS:g}, or 0 to infer")
    form = _form(options)
    _augmentation(options, form)
    headers: dict[str, WavHeader] = {}
    parts = labelled_files(options, sounds(headers))
    rate = rate or headers[parts.scans[0].paths[0]].rate
    least = Framing.of(rate, 0).window / rate
    if 0 < seconds < least:
        raise UsageError(f"seconds {seconds:g} is shorter than one frame; at least {least:g}, or 0 to infer")
    lengths = Lengths.of((headers[path] for path in parts.train.paths), seconds)
    return AudioProvider(parts, options, Framing.of(rate, lengths.seconds), form, _notes(parts, headers, lengths, rate))


def _form(options: DataOptions) -> Form:
    """The form of a spec's problem type; plates where none is given."""
    name = options.problem_type
    forms = {"": Form.PLATES, "CNN": Form.PLATES, "DNN": Form.VECTORS}
    form = Form.SEQUENCES if name.startswith("RNN_") else forms.get(name)
    if form is None:
        raise UsageError(f"problem_type {name!r} cannot learn from sounds; expected CNN, DNN or one of RNN_...")
    return form


def _augmentation(options: DataOptions, form: Form) -> keras.Layer | None:
    if options.augment and form is Form.VECTORS:
        raise UsageError(
            f"augment {options.augment[0]!r} has no meaning for vectors of sounds (problem type DNN); take CNN or RNN"
        )
    return augmentation_of(options.augment, f"sound_{form.value}") if options.augment else None


def _notes(parts: FileParts, headers: Mapping[str, WavHeader], lengths: Lengths, rate: int) -> list[str]:
    notes = [*parts.notes(), rate_note((headers[path] for found in parts.scans for path in found.paths), rate)]
    if lengths.cut:
        by_default = "" if lengths.is_given else " by default"
        notes.append(
            f"{lengths.cut} of {len(parts.train.paths)} training sounds are longer than {lengths.seconds:.3g} s and "
            f"cut there{by_default}; seconds sets another length"
        )
    notes.append(_silence(parts, headers, lengths.seconds))
    return [note for note in notes if note]


def _silence(parts: FileParts, headers: Mapping[str, WavHeader], seconds: float) -> str:
    """Which sounds are silent, in words; empty for none.

    They are kept: silence may be a class of its own, and a model meets it when it serves.

    Raises:
      UsageError: all of the training sounds are.
    """
    silent = silent_sounds((path for found in parts.scans for path in found.paths), headers, seconds)
    if silent.issuperset(parts.train.paths):
        found = parts.train.paths.tolist()
        raise UsageError(f"all of {len(found)} training sounds are silent, such as {few(found)}")
    what = counted(len(silent), "sound is silent and is kept", "sounds are silent and are kept")
    return f"{what}: {few(sorted(silent))}" if silent else ""


class AudioProvider(Provider):
    """Sounds on disk; see `audio_provider`."""

    def __init__(self, parts: FileParts, options: DataOptions, framing: Framing, form: Form, notes: list[str]):
        self.task = parts.task
        self.framing = framing
        self.layout = AudioLayout(AUDIO, framing.rate, framing.samples)
        self.reader = SoundReader(framing.rate, framing.samples)
        self._parts = parts
        self._options = options
        self._form = form
        self._notes = notes
        self._encoder: AudioEncoder | None = None

    def signature(self) -> Mapping[str, Feature]:
        """One input, `audio`: float32 samples of any number, from -1 to 1, at the rate of the framing."""
        return {AUDIO: Feature("float32", (None,))}

    def encode(self, inputs: Mapping[str, Any]) -> Any:
        """Log-mel spectrograms, standardised by statistics of training sounds that are taken at the first call."""
        self._encoder = self._encoder or self._adapted()
        return self._encoder(inputs[AUDIO])

    def _adapted(self) -> AudioEncoder:
        encoder = AudioEncoder(self.framing, self._form)
        paths, step = self._parts.train.paths[:ADAPTED].tolist(), self.reader.batch
        groups = (self.reader.read_padded(paths[start : start + step])[0] for start in range(0, len(paths), step))
        batches = (batch for batch in groups if len(batch))
        first = next(batches, None)
        if first is None:
            raise UsageError(f"none of {len(paths)} training sounds can be decoded, such as {few(paths)}")
        encoder.adapt(itertools.chain([first], batches))
        return encoder

    def augmentation(self) -> keras.Layer | None:
        """What `options.augment` asks for, with generators of its own at each call."""
        return _augmentation(self._options, self._form)

    def train(self) -> tf.data.Dataset:
        """Training batches, in an order shuffled once by the seed."""
        return self.reader.batches(self._parts.train)

    def shuffled_train(self, seed: int) -> tf.data.Dataset:
        """Training batches in an order of the seed."""
        return self.reader.batches(self._parts.train.shuffled(seed))

    def evaluation(self) -> tf.data.Dataset:
        """Batches that trials are ranked by."""
        return self.reader.batches(self._parts.evaluation)

    def test(self) -> tf.data.Dataset | None:
        """Batches that are scored once at the end."""
        return self.reader.batches(self._parts.test) if len(self._parts.test.paths) else None

    def describe(self) -> Description:
        """What was found, and which files turned out to be damaged so far."""
        notes, damaged = list(self._notes), sorted(self.reader.damaged)
        if damaged:
            what = counted(len(damaged), "damaged sound is skipped", "damaged sounds are skipped")
            notes.append(f"{what}: {few(damaged)}")
        f = self.framing
        frames = f"{self._form.value} of {f.frames} frames of {f.mel_bins} mel bins"
        detail = f"{f.samples / f.rate:.3g} s at {f.rate} Hz, {frames}"
        return Description(
            len(self._parts.train.paths),
            len(self._parts.evaluation.paths),
            len(self._parts.test.paths) or None,
            (Column(AUDIO, "sound", detail), *self._parts.columns),
            tuple(notes),
            self._parts.label_counts(),
        )

    def identity(self) -> str:
        """A line that changes with files, split or preprocessing."""
        f = self.framing
        sizes = f"sounds={self._parts.sizes()} rate={f.rate} frames={f.frames} form={self._form.value}"
        return f"sounds sha256:{self._parts.digests()} {sizes} {choices(self._options)}"
