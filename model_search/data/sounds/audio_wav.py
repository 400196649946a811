"""Reading WAV files: headers without their samples, and samples as numbers from -1 to 1.

The format is that of IBM and Microsoft, "Multimedia programming interface and data specifications 1.0" (1991), with
the extensible header of Microsoft's "Multiple channel audio data and WAVE files". Neither `wave` (whole numbers only)
nor `scipy.io.wavfile` (samples must be read too; writes warnings; takes what is left of a truncated file) tells
quickly what a file holds and whether that is true.
"""

import os
import struct
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

LOWEST_RATE, HIGHEST_RATE = 1000, 384_000
"""Sample rates in Hz outside of these are taken for damage."""

UNKNOWN_SIZE = 0x7FFFF000
"""Programs that write to a pipe give such a size or a larger one, and the samples go on to the end of the file."""

LOUDEST = 1e6
"""Samples of floating point are 1 at full scale, or 32,768 where a program forgot to divide; more is damage."""

FORMAT_BYTES = 40
"""The longest format chunk, the extensible one."""

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_ENCODINGS = {2: "ADPCM", 6: "A-law", 7: "mu-law", 17: "IMA ADPCM", 49: "GSM", 80: "MPEG", 85: "MP3"}
_OTHERS = (
    (b"ID3", "MP3"),
    (b"OggS", "Ogg"),
    (b"fLaC", "FLAC"),
    (b"FORM", "AIFF"),
    (b"RF64", "RF64"),
    (b"RIFX", "RIFX"),
)


class WavError(ValueError):
    """A file that cannot be read; the message says what it is, such as `A-law, expected PCM or float`."""


@dataclass(frozen=True)
class WavHeader:
    """What a WAV file says of its samples.

    Attributes:
      is_float: whether samples are floating point rather than whole numbers.
      width: bytes of one sample.
      channels: samples of one frame.
      rate: frames in a second.
      start: place of the first sample, in bytes.
      frames: how many there are.
    """

    is_float: bool
    width: int
    channels: int
    rate: int
    start: int
    frames: int

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.frames / self.rate


def read_header(path: str) -> WavHeader:
    """Reads the start of a file and checks it against the file's size.

    Raises:
      WavError: it is no WAV file of PCM or floating point samples, or not a whole one.
    """
    try:
        with open(path, "rb") as stream:
            return _parse(stream, os.fstat(stream.fileno()).st_size)
    except OSError as error:
        raise WavError(error.strerror or "cannot be read") from None
    except struct.error:
        raise WavError("cut off in its header") from None


def _parse(stream: BinaryIO, size: int) -> WavHeader:
    head = stream.read(12)
    if not head.startswith(b"RIFF") or head[8:] != b"WAVE":
        raise WavError(_other(head))
    layout: tuple[bool, int, int, int] | None = None
    while True:
        name, length = struct.unpack("<4sI", stream.read(8))
        if name == b"data":
            break
        if name == b"fmt ":
            layout = _format(stream.read(min(length, FORMAT_BYTES)))
            length -= min(length, FORMAT_BYTES)
        stream.seek(length + length % 2, os.SEEK_CUR)
    if layout is None:
        raise WavError("no format before its samples")
    start = stream.tell()
    there = size - start
    if length > there and length < UNKNOWN_SIZE:
        raise WavError(f"cut off: {there} of {length} bytes of samples")
    _, width, channels, _ = layout
    frames = min(length, there) // (width * channels)
    if not frames:
        raise WavError("no samples")
    return WavHeader(*layout, start, frames)


def _other(head: bytes) -> str:
    """What a file is that is no WAV, by its first bytes."""
    if not head:
        return "empty"
    # A frame of MPEG audio starts with eleven bits that are set.
    is_mpeg = len(head) > 1 and head[0] == 0xFF and head[1] >= 0xE0
    found = "MP3" if is_mpeg else next((name for magic, name in _OTHERS if head.startswith(magic)), "")
    return f"{found or 'something else'}, expected WAV"


def _format(chunk: bytes) -> tuple[bool, int, int, int]:
    """Whether samples are floats, their width in bytes, channels and rate, of a `fmt ` chunk."""
    tag, channels, rate, _, align, bits = struct.unpack("<HHIIHH", chunk[:16])
    if tag == _EXTENSIBLE:
        (tag,) = struct.unpack("<H", chunk[24:26])
    if tag not in (_PCM, _FLOAT):
        raise WavError(f"{_ENCODINGS.get(tag, f'encoding {tag:#06x}')}, expected PCM or float")
    width = align // channels if channels else 0
    widths = (4, 8) if tag == _FLOAT else (1, 2, 3, 4)
    if width not in widths or width * channels != align or not width * 8 - 8 < bits <= width * 8:
        raise WavError(f"{bits} bits of {channels} channels in {align} bytes, expected 8, 16, 24 or 32 bits")
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise WavError(f"sample rate {rate} Hz, expected {LOWEST_RATE} to {HIGHEST_RATE}")
    return tag == _FLOAT, width, channels, rate


def read_samples(path: str, header: WavHeader, frames: int) -> np.ndarray:
    """The first samples of a file, mixed to one channel: (frames or fewer,) float32, whole numbers as -1 to 1.

    Raises:
      WavError: samples are missing, or are no finite numbers.
    """
    count = min(frames, header.frames) * header.channels
    try:
        with open(path, "rb", buffering=0) as stream:
            stream.seek(header.start)
            content = stream.read(count * header.width)
    except OSError as error:
        raise WavError(error.strerror or "cannot be read") from None
    if len(content) < count * header.width:
        raise WavError("cut off")
    with np.errstate(invalid="ignore", over="ignore"):
        mono = _numbers(content, header).reshape(-1, header.channels).mean(axis=1, dtype=np.float32)
    if not (np.abs(mono) <= LOUDEST).all():
        raise WavError("samples that are no numbers from -1 to 1")
    return mono


def _numbers(content: bytes, header: WavHeader) -> np.ndarray:
    """Samples of all channels as floating point numbers; bytes are unsigned, wider whole numbers are signed."""
    if header.is_float:
        return np.frombuffer(content, f"<f{header.width}").astype(np.float32)
    if header.width == 1:
        return (np.frombuffer(content, np.uint8).astype(np.float32) - 128) / 128
    if header.width == 3:
        wide = np.zeros((len(content) // 3, 4), np.uint8)
        wide[:, 1:] = np.frombuffer(content, np.uint8).reshape(-1, 3)
        return wide.reshape(-1).view("<i4").astype(np.float32) / 2.0**31
    return np.frombuffer(content, f"<i{header.width}").astype(np.float32) / 2.0 ** (8 * header.width - 1)
