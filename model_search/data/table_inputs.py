"""From the columns of a table to the raw inputs of a model."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..errors import UsageError
from .provider import Feature
from .values import is_text, missing_mask, to_numbers

SEPARATE_INPUTS = 32
"""Up to so many columns of numbers are inputs of their own; more are one vector, which builds and saves faster."""


@dataclass(frozen=True)
class TableInputs:
    """Columns that a model reads and the inputs they become.

    Numbers are float32 inputs of shape (1,) named after their columns, or, grouped, one input `features` of shape
    (numbers,). Categories are string inputs of shape (1,). Input names keep letters, digits and
    underscores of the column names, since graph names allow no more.

    Attributes:
      numbers, categories: column names, in the order of the inputs.
      lenient: columns of numbers in which a word counts as missing.
      is_grouped: whether the numbers are one vector.
    """

    numbers: tuple[str, ...]
    categories: tuple[str, ...] = ()
    lenient: tuple[str, ...] = ()
    is_grouped: bool = False

    def names(self) -> list[str]:
        """Input names: numbers, then categories."""
        return input_names([*(["features"] if self.is_grouped else self.numbers), *self.categories])

    def signature(self) -> dict[str, Feature]:
        """Raw inputs by name."""
        numbers = [(len(self.numbers),)] if self.is_grouped else [(1,)] * len(self.numbers)
        features = [Feature("float32", shape) for shape in numbers] + [Feature("string", (1,))] * len(self.categories)
        return dict(zip(self.names(), features, strict=True))

    def arrays(self, frame: pd.DataFrame, source: str) -> dict[str, np.ndarray]:
        """Raw inputs of a tidy frame's rows (see `values.tidy`), by input name; (rows, ...) each.

        Raises:
          UsageError: a column of numbers holds a word.
        """
        numbers = [self._numbers(frame[name], name, source)[:, None] for name in self.numbers]
        if self.is_grouped:
            numbers = [np.concatenate(numbers, axis=1)]
        columns = [frame[name] for name in self.categories]
        texts = [np.array(c if is_text(c) else as_texts(c), dtype=object)[:, None] for c in columns]
        return dict(zip(self.names(), numbers + texts, strict=True))

    def _numbers(self, column: pd.Series, name: str, source: str) -> np.ndarray:
        if not is_text(column):
            return column.to_numpy(dtype=np.float32)
        values = to_numbers(column)
        unknown = np.isnan(values)
        if unknown.any() and name not in self.lenient:
            words = unknown & ~missing_mask(column)
            if words.any():
                raise non_numeric(column, words, name, source)
        with np.errstate(over="ignore"):
            return values.astype(np.float32)


def input_names(columns: Sequence[str]) -> list[str]:
    """Column names as input names: other characters become underscores, repeated ones get a number behind."""
    names: list[str] = []
    for column in columns:
        wanted = re.sub(r"\W", "_", column, flags=re.ASCII)
        wanted = name = wanted if wanted[:1].isalnum() else f"column{wanted}"
        count = 1
        while name in names:
            count += 1
            name = f"{wanted}_{count}"
        names.append(name)
    return names


def as_texts(column: pd.Series) -> pd.Series:
    """Numbers as the category names that a file would hold: `3` for 3.0, empty for NaN."""
    names = ["" if v != v else f"{v:.0f}" if v == round(v) else repr(v) for v in column.tolist()]
    return pd.Series(np.array(names, dtype=object), index=column.index, dtype=object)


def non_numeric(column: pd.Series, words: np.ndarray, name: str, source: str) -> UsageError:
    """The error for the first word of a column of numbers."""
    row, word = column.index[words][0], column[words].iloc[0]
    return UsageError(f"{source}, row {row}, column {name!r}: {word!r} is not a number")
