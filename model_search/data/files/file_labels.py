"""Labels and groups of files from their names, and a split that keeps groups together."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...errors import UsageError
from ..provider import DataOptions
from ..split import Split, check_fractions


@dataclass(frozen=True)
class Naming:
    """What the names of files say.

    Attributes:
      label: regular expression with one group, the label of a file; None where the folder is the label.
      group: the same for its group; None where each file stands by itself.
    """

    label: re.Pattern[str] | None = None
    group: re.Pattern[str] | None = None

    @classmethod
    def of(cls, options: DataOptions) -> "Naming":
        """The patterns of the options.

        Raises:
          UsageError: one is no regular expression with one group.
        """
        return cls(_pattern("label_pattern", options.label_pattern), _pattern("group_pattern", options.group_pattern))

    def label_of(self, path: str) -> str:
        """The label in a file's name without folders; empty where the pattern finds none."""
        return _searched(self.label, path)

    def group_of(self, path: str) -> str:
        """The group in a file's name without folders; empty where the pattern finds none."""
        return _searched(self.group, path)

    def groups(self, paths: Sequence[str]) -> tuple[str, ...]:
        """The group of each file; empty without a pattern.

        Raises:
          UsageError: files have none, which could then be in a part with others of their group.
        """
        if self.group is None:
            return ()
        found = tuple(self.group_of(path) for path in paths)
        without = [path for path, group in zip(paths, found, strict=True) if not group]
        if without:
            raise UsageError(
                f"group_pattern {self.group.pattern!r} finds no group in {len(without)} of {len(paths)} names, "
                f"such as {Path(without[0]).name}"
            )
        return found


def _pattern(name: str, text: str) -> re.Pattern[str] | None:
    if not text:
        return None
    try:
        pattern = re.compile(text)
    except re.error as error:
        raise UsageError(f"{name} {text!r} is no regular expression: {error}") from None
    if pattern.groups != 1:
        raise UsageError(f"{name} {text!r} has {pattern.groups} groups; expected one, as in '^([^_]+)_'")
    return pattern


def _searched(pattern: re.Pattern[str] | None, path: str) -> str:
    found = pattern.search(Path(path).name) if pattern else None
    return (found.group(1) or "") if found else ""


def grouped(strata: np.ndarray, groups: Sequence[str], evaluation: float, test: float, seed: int) -> Split:
    """A split in which no group is in two parts, and which shares out each stratum about as wanted.

    Groups are taken in an order of the seed, each if it brings the part nearer to the wanted number of examples of
    each stratum; if none does, the one that comes nearest. Each stratum keeps an example in training.

    Args:
      strata: class ids, (rows,) int.
      groups: of the rows, (rows,).
      evaluation, test: fractions of all rows.
      seed: of the order.

    Raises:
      UsageError: there are too few groups for the parts.
    """
    check_fractions(evaluation, test)
    _, places = np.unique(np.array(groups, dtype=str), return_inverse=True)
    members = np.split(np.argsort(places, kind="stable"), np.cumsum(np.bincount(places))[:-1])
    totals = np.bincount(strata).astype(np.float64)
    free = [members[place] for place in np.random.default_rng(seed).permutation(len(members))]
    parts = []
    for name, fraction in (("test", test), ("validation", evaluation)):
        chosen = _nearest(strata, free, totals * fraction) if fraction > 0 else []
        if fraction > 0 and not chosen:
            raise UsageError(
                f"{len(members)} groups are too few for a {name} part of {fraction:g}, or the others would lack a "
                "class; give a folder for it, or another group_pattern"
            )
        parts.append(_sorted_rows(free[place] for place in chosen))
        taken = set(chosen)
        free = [rows for place, rows in enumerate(free) if place not in taken]
    return Split(_sorted_rows(free), parts[1], parts[0])


def _sorted_rows(groups: Iterable[np.ndarray]) -> np.ndarray:
    return np.sort(np.concatenate([np.zeros(0, dtype=np.int64), *groups]))


def _nearest(strata: np.ndarray, free: list[np.ndarray], wanted: np.ndarray) -> list[int]:
    """Places of groups whose counts by stratum come near `wanted` (strata,); the other groups keep every stratum."""

    def counts_of(rows: np.ndarray) -> np.ndarray:
        return np.bincount(strata[rows], minlength=len(wanted))

    left = sum((counts_of(rows) for rows in free), np.zeros(len(wanted)))
    missing = wanted.copy()
    chosen: list[int] = []
    nearest: tuple[float, int] | None = None
    for place, rows in enumerate(free):
        counts = counts_of(rows)
        if ((left > 0) & (left == counts)).any():
            continue
        distance = float(((missing - counts) ** 2).sum())
        if distance < float((missing**2).sum()):
            chosen.append(place)
            left, missing = left - counts, missing - counts
        elif nearest is None or distance < nearest[0]:
            nearest = (distance, place)
    return chosen or ([nearest[1]] if nearest else [])
