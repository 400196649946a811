"""Finding WAV files and what their headers say."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from .audio_wav import WavError, WavHeader, read_header
from .file_labels import Naming
from .file_scan import FileKind, Scan, scan_files

EXTENSIONS = (".wav", ".wave")

COVERED = 95
"""Per cent of the training sounds that are not cut, where no length is given."""

LONGEST = 30.0
"""Seconds, where no length is given: as long as what is recognised at a time, and it fits in memory."""


def problems_of(paths: Sequence[str]) -> list[str]:
    """What is wrong with each file, empty where its header can be read and fits its size."""
    return [_problem(path) for path in paths]


def _problem(path: str) -> str:
    try:
        read_header(path)
    except WavError as error:
        return str(error)
    return ""


SOUNDS = FileKind("sound", EXTENSIONS, problems_of)


def scan_sounds(root: str, classes: Sequence[str] | None, naming: Naming, headers: dict[str, WavHeader]) -> Scan:
    """Lists the sounds of a folder; see `scan_files`.

    Args:
      root: the folder.
      classes: those of the training data, for held-out folders.
      naming: where labels and groups stand.
      headers: receives those of the readable files by path.
    """

    def problems(paths: Sequence[str]) -> list[str]:
        found = []
        for path in paths:
            try:
                headers[path] = read_header(path)
                found.append("")
            except WavError as error:
                found.append(str(error))
        return found

    return scan_files(root, FileKind("sound", EXTENSIONS, problems), naming, classes)


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
    return f"{sum(counts.values())} sounds of {rates} are resampled to {rate} Hz"
