"""From the columns of a table to the raw inputs of a model."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...errors import UsageError
from ..provider import Feature
from ..texts.text_tokens import plain
from .values import is_text, missing_mask, to_numbers

SEPARATE_INPUTS = 32
"""Up to so many columns of numbers are inputs of their own; more are one vector, which builds and saves faster."""


@dataclass(frozen=True)
class TableInputs:
    """Columns that a model reads and the inputs they become.

    Numbers are float32 inputs of shape (1,) named after their columns, or, grouped, one input `features` of shape
    (numbers,). Categories and texts are string inputs of shape (1,), those of texts with plain quotation marks and
    dashes (see `text_tokens.plain`). Input names keep letters, digits and underscores of the column names, since graph
    names allow no more.

    Attributes:
      numbers, categories: column names, in the order of the inputs.
      lenient: columns of numbers in which a word counts as missing.
      is_grouped: whether the numbers are one vector.
      texts: column names, whose inputs come after the categories'.
    """

    numbers: tuple[str, ...]
    categories: tuple[str, ...] = ()
    lenient: tuple[str, ...] = ()
    is_grouped: bool = False
    texts: tuple[str, ...] = ()

    def names(self) -> list[str]:
        """Input names: numbers, then categories, then texts."""
        return input_names([*(["features"] if self.is_grouped else self.numbers), *self.categories, *self.texts])

    def signature(self) -> dict[str, Feature]:
        """Raw inputs by name."""
        numbers = [(len(self.numbers),)] if self.is_grouped else [(1,)] * len(self.numbers)
        strings = [Feature("string", (1,))] * (len(self.categories) + len(self.texts))
        return dict(zip(self.names(), [*(Feature("float32", shape) for shape in numbers), *strings], strict=True))

    def arrays(self, frame: pd.DataFrame, source: str) -> dict[str, np.ndarray]:
        """Raw inputs of a tidy frame's rows (see `values.tidy`), by input name; (rows, ...) each.

        Raises:
          UsageError: a column of numbers holds a word.
        """
        numbers = [self._numbers(frame[name], name, source)[:, None] for name in self.numbers]
        if self.is_grouped:
            numbers = [np.concatenate(numbers, axis=1)]
        strings = [_strings(frame[name]) for name in self.categories]
        texts = [np.array([plain(text) for text in _strings(frame[name])], dtype=object) for name in self.texts]
        return dict(zip(self.names(), numbers + [column[:, None] for column in strings + texts], strict=True))

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


def _strings(column: pd.Series) -> np.ndarray:
    return np.array(column if is_text(column) else as_texts(column), dtype=object)


def as_texts(column: pd.Series) -> pd.Series:
    """Numbers as the category names that a file would hold: `3` for 3.0, empty for NaN."""
    names = ["" if v != v else f"{v:.0f}" if v == round(v) else repr(v) for v in column.tolist()]
    return pd.Series(np.array(names, dtype=object), index=column.index, dtype=object)


def non_numeric(column: pd.Series, words: np.ndarray, name: str, source: str) -> UsageError:
    """The error for the first word of a column of numbers."""
    row, word = column.index[words][0], column[words].iloc[0]
    return UsageError(f"{source}, row {row}, column {name!r}: {word!r} is not a number")
