"""Splitting examples into training, evaluation and test parts: by the seed and the data alone."""

from dataclasses import dataclass

import numpy as np

from ..errors import UsageError

BINS = 10
"""Regression labels are split in as many equally full bins, so that each part sees the whole range."""


@dataclass(frozen=True)
class Split:
    """Positions of examples in each part, ascending; `test` may be empty."""

    train: np.ndarray
    evaluation: np.ndarray
    test: np.ndarray


def check_fractions(evaluation: float, test: float) -> None:
    """Refuses fractions that leave a part empty.

    Raises:
      UsageError: one is outside [0, 1), or their sum is not below 1.
    """
    for name, value in (("validation_fraction", evaluation), ("test_fraction", test)):
        if not 0 <= value < 1:
            raise UsageError(f"{name} {value:g} must be at least 0 and less than 1")
    if evaluation + test >= 1:
        raise UsageError(f"validation_fraction {evaluation:g} and test_fraction {test:g} leave no training data")


def strata_of_values(values: np.ndarray) -> np.ndarray:
    """Bins of about equal size by value; (rows,) int."""
    ranks = np.empty(len(values), dtype=np.int64)
    ranks[np.argsort(values, kind="stable")] = np.arange(len(values))
    return ranks * BINS // max(1, len(values))


def stratified(strata: np.ndarray, evaluation: float, test: float, seed: int) -> Split:
    """A split in which each stratum is shared out in the same proportions.

    Each stratum keeps at least one training example; one with fewer than two examples is training data only.

    Args:
      strata: class ids or bins, (rows,) int.
      evaluation, test: fractions of all rows.
      seed: of the shuffle within strata.

    Raises:
      UsageError: a fraction above 0 gets no example.
    """
    check_fractions(evaluation, test)
    parts: tuple[list[np.ndarray], ...] = ([], [], [])
    for stratum in np.unique(strata):
        rows = np.random.default_rng([seed, int(stratum) & 0xFFFFFFFF]).permutation(np.flatnonzero(strata == stratum))
        wanted = round(len(rows) * test)
        tests = min(wanted, len(rows) - 1)
        evaluations = min(round(len(rows) * (test + evaluation)) - wanted, len(rows) - 1 - tests)
        pieces = np.split(rows, [len(rows) - evaluations - tests, len(rows) - tests])
        for part, piece in zip(parts, pieces, strict=True):
            part.append(piece)
    train, held_out, tested = (np.sort(np.concatenate(pieces)) for pieces in parts)
    for name, fraction, chosen in (("validation", evaluation, held_out), ("test", test, tested)):
        if fraction > 0 and not len(chosen):
            raise UsageError(f"{len(strata)} rows are too few for a {name} part of {fraction:g}; give a file for it")
    return Split(train, held_out, tested)


def hashed_parts(rows: np.ndarray, evaluation: float, test: float, seed: int) -> np.ndarray:
    """The part of each row of a stream: 0 training, 1 evaluation, 2 test; from its number and the seed alone.

    The finalizer of splitmix64 spreads row numbers evenly (Steele, Lea and Flood, "Fast splittable pseudorandom number
    generators", OOPSLA 2014, figure 17).

    Args:
      rows: row numbers, (rows,) int.
      evaluation, test: fractions of all rows.
      seed: of the split.
    """
    with np.errstate(over="ignore"):
        z = rows.astype(np.uint64) + np.uint64(seed + 1) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    share = z.astype(np.float64) / 2.0**64
    return np.where(share < evaluation, 1, np.where(share < evaluation + test, 2, 0))
