"""Rows of tables, and their columns by name."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ...errors import UsageError
from ...registry import closest
from .values import tidy


@dataclass(frozen=True)
class Table:
    """Rows of one file or frame: tidy columns (see `values.tidy`) by name, indexed by row number, and where from."""

    frame: pd.DataFrame
    source: str

    @classmethod
    def of(cls, frame: pd.DataFrame, source: str) -> "Table":
        """From a frame of any dtypes."""
        return cls(pd.DataFrame({str(name): tidy(frame[name]) for name in frame.columns}, index=frame.index), source)

    def rows(self, places: np.ndarray) -> "Table":
        """Some of the rows, by position or mask."""
        return replace(self, frame=self.frame.iloc[places])


def find_column(wanted: str, columns: tuple[str, ...], what: str, source: str) -> str:
    """The column that a name or an index means; a name that looks like an index goes first.

    Raises:
      UsageError: there is no such column.
    """
    if wanted in columns:
        return wanted
    try:
        index = int(wanted)
    except ValueError:
        raise UsageError(f"{source} has no {what} column {wanted!r}; {closest(wanted, columns)}") from None
    if not -len(columns) <= index < len(columns):
        raise UsageError(f"{source} has no {what} column {wanted}; there are {len(columns)}, counted from 0")
    return columns[index]
