"""The data of the search tables: small plates that few examples teach, so that architectures differ.

Neighbouring cells of a plate are put side by side as channels (2 x 2 cells: 4 channels), which makes networks cheap and
gives blocks that keep the channels something to keep.
"""

import tarfile
import tempfile
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from model_search.data.pipeline import Pipeline
from model_search.data.provider import DataOptions
from model_search.data.sounds.audio_directory import audio_provider


@dataclass(frozen=True)
class Part:
    """Examples: `x` (n, height, width, channels) float32 and class ids `y` (n,) int32."""

    x: np.ndarray
    y: np.ndarray


@dataclass(frozen=True)
class Data:
    """A data set and how long a network trains on it: `steps` of Adam."""

    train: Part
    validation: Part
    test: Part
    steps: int


def digits(_: str = "") -> Data:
    """The 1,797 scanned digits of scikit-learn, 150 of them to train on, as 4 x 4 plates."""
    from sklearn.datasets import load_digits

    loaded = load_digits()
    return _parts(_side_by_side(loaded.images[..., None] / 16.0), loaded.target, 150, 800, 200)


def spoken_digits(archive: str) -> Data:
    """The 3,000 recordings of the Free Spoken Digit Dataset, 800 to train on: log-mel spectrograms as 8 x 10 plates.

    Args: the path of a `.tar.gz` with files <digit>_<speaker>_<number>.wav.
    """
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
        recordings = next(Path(folder).rglob("*.wav")).parent
        options = DataOptions(filename=str(recordings), label_pattern=r"^(\d)_", problem_type="CNN")
        pipeline = Pipeline(audio_provider(options), 64)
        parts = [pipeline.train_arrays(), pipeline.evaluation_arrays()]
    x = np.concatenate([part.x for part in parts])
    frames, bins = x.shape[1] // 16, x.shape[2] // 20
    means = x[:, : 16 * frames, : 20 * bins].reshape(-1, 16, frames, 20, bins, 1).mean((2, 4))
    return _parts(_side_by_side(means), np.concatenate([part.y for part in parts]), 800, 1000, 250)


DATA = {"digits": digits, "spoken_digits": spoken_digits}


def _side_by_side(x: np.ndarray) -> np.ndarray:
    """(n, h, w, c) to (n, h / 2, w / 2, 4 c)."""
    n, height, width, channels = x.shape
    cells = x.reshape(n, height // 2, 2, width // 2, 2, channels).transpose(0, 1, 3, 2, 4, 5)
    return cells.reshape(n, height // 2, width // 2, 4 * channels)


def _parts(x: np.ndarray, y: np.ndarray, train: int, validation: int, steps: int) -> Data:
    """Shuffled examples: the first ones train, the next ones choose, the others test."""
    order = np.random.default_rng(0).permutation(len(y))
    x, y = x[order].astype(np.float32), y[order].astype(np.int32)
    ends = (0, train, train + validation, len(y))
    return Data(*(Part(x[a:b], y[a:b]) for a, b in pairwise(ends)), steps=steps)
