"""What every architecture of the space reached when it was trained: written by `build`, read by `compare`."""

import csv
import gzip
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from model_search.architecture import Architecture

TABLES = Path(__file__).parent / "tables"
COLUMNS = ("architecture", "seed", "validation", "test", "parameters", "seconds")


@dataclass(frozen=True)
class Run:
    """One training.

    Attributes:
      validation, test: accuracy, 0 to 1.
      parameters: number of weights.
      seconds: of the training, evaluation included; taken beside other work, so that only their order means something.
    """

    architecture: Architecture
    seed: int
    validation: float
    test: float
    parameters: int
    seconds: float

    def row(self) -> dict[str, object]:
        """As a line of the table."""
        values = (str(self.architecture), self.seed, f"{self.validation:.4f}", f"{self.test:.4f}")
        return dict(zip(COLUMNS, (*values, self.parameters, f"{self.seconds:.3f}"), strict=True))


@dataclass(frozen=True)
class Table:
    """A table: `validation` and `test` (architectures, seeds), `parameters` (architectures,), in one order."""

    architectures: tuple[Architecture, ...]
    validation: np.ndarray
    test: np.ndarray
    parameters: np.ndarray

    @property
    def index(self) -> Mapping[Architecture, int]:
        """Places of the architectures."""
        return {architecture: place for place, architecture in enumerate(self.architectures)}

    def seed_correlation(self) -> float:
        """Mean correlation of the validation accuracies of two seeds."""
        return float(np.corrcoef(self.validation.T)[np.triu_indices(self.validation.shape[1], 1)].mean())


def load(path: Path) -> Table:
    """Reads a finished table (`.csv.gz`)."""
    text = io.StringIO(gzip.decompress(path.read_bytes()).decode())
    rows: dict[str, list[dict[str, str]]] = {}
    for row in csv.DictReader(text):
        rows.setdefault(row["architecture"], []).append(row)
    return Table(
        tuple(Architecture.of(name.split(" > ")) for name in rows),
        np.array([[float(run["validation"]) for run in runs] for runs in rows.values()]),
        np.array([[float(run["test"]) for run in runs] for runs in rows.values()]),
        np.array([int(runs[0]["parameters"]) for runs in rows.values()]),
    )
