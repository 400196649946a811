"""What the headers of WAV files say of a folder of them."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from ...words import counted
from ..files.file_scan import FileKind
from .audio_wav import WavError, WavHeader, read_header, read_samples

EXTENSIONS = (".wav", ".wave")

COVERED = 95
"""Per cent of the training sounds that are not cut, where no length is given."""

LONGEST = 30.0
"""Seconds, where no length is given: as long as what is recognised at a time, and it fits in memory."""

FIRST_FRAMES = 4096
"""So many frames are read to hear whether a file is silent; nearly all are not, and these tell."""


def sounds(headers: dict[str, WavHeader]) -> FileKind:
    """WAV files; those whose header can be read and fits their size are put in `headers` by path."""

    def problem(path: str) -> str:
        try:
            headers[path] = read_header(path)
        except WavError as error:
            return str(error)
        return ""

    return FileKind("sound", EXTENSIONS, lambda paths: [problem(path) for path in paths])


@dataclass(frozen=True)
class Lengths:
    """How long sounds are, and how long they are made.

    Attributes:
      seconds: the length that all are cut or padded to.
      is_given: whether the user chose it.
      cut: how many of the training sounds are longer.
    """

    seconds: float
    is_given: bool
    cut: int

    @classmethod
    def of(cls, headers: Iterable[WavHeader], wanted: float) -> "Lengths":
        """From the headers of the training files; `wanted` in seconds, 0 to infer."""
        lengths = np.array([header.seconds for header in headers])
        seconds = wanted or min(float(np.percentile(lengths, COVERED, method="higher")), LONGEST)
        return cls(seconds, bool(wanted), int((lengths > seconds).sum()))


def rate_note(headers: Iterable[WavHeader], rate: int) -> str:
    """Which sounds are resampled, in words; empty for none."""
    counts = Counter(header.rate for header in headers if header.rate != rate)
    if not counts:
        return ""
    rates = ", ".join(f"{found} Hz" for found in sorted(counts))
    many = counted(sum(counts.values()), f"sound of {rates} is", f"sounds of {rates} are")
    return f"{many} resampled to {rate} Hz"


def silent_sounds(paths: Iterable[str], headers: Mapping[str, WavHeader], seconds: float) -> set[str]:
    """Which files have nothing but zeros in their first seconds; damaged ones are not among them."""
    return {path for path in paths if _is_silent(path, headers[path], math.ceil(seconds * headers[path].rate))}


def _is_silent(path: str, header: WavHeader, frames: int) -> bool:
    try:
        return not any(read_samples(path, header, count).any() for count in (min(frames, FIRST_FRAMES), frames))
    except WavError:
        return False
