"""Results of the comparison, one file for each table, strategy and number of trainers."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Result:
    """What many searches of one strategy held for best after each trial.

    Attributes:
      quartiles: of the validation accuracy (mean over seeds) of the architecture held, three lists by trial.
      mean: its mean.
      test: mean of the test accuracy of the same architectures.
      distinct: mean number of different architectures trained.
    """

    table: str
    strategy: str
    trainers: int
    repetitions: int
    quartiles: list[list[float]]
    mean: list[float]
    test: list[float]
    distinct: float


def path_of(folder: Path, table: str, strategy: str, trainers: int) -> Path:
    """The file of a result."""
    return folder / f"{table}-{strategy.lower().replace(' ', '_')}-{trainers}.json"


def results_in(folder: Path) -> list[Result]:
    """All results."""
    return [Result(**json.loads(path.read_text())) for path in sorted(folder.glob("*.json"))]


def quartiles(curves: Sequence[np.ndarray]) -> list[list[float]]:
    """By trial."""
    return [[round(value, 5) for value in row] for row in np.quantile(curves, [0.25, 0.5, 0.75], axis=0).tolist()]


def speed_up(result: Result, random: Result, trials: int) -> float | None:
    """`trials` over those after which the mean level is random search's at `trials`; None where it is never."""
    reached = np.nonzero(np.array(result.mean) >= random.mean[trials - 1])[0]
    return trials / (int(reached[0]) + 1) if len(reached) else None
