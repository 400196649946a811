"""Cells of a table: what counts as missing, and what counts as a number."""

from typing import Any

import numpy as np
import pandas as pd

MISSING = ("", "?", "na", "n/a", "#n/a", "<na>", "nan", "-nan", "null", "none", "nil", "-", "--")
"""Spellings of a missing value, in lower case and without blanks around them."""

_MISSING = frozenset(MISSING)


def missing_mask(texts: pd.Series) -> np.ndarray:
    """Which strings of a tidy column stand for a missing value; (rows,) bool."""
    codes, different = pd.factorize(texts.to_numpy(dtype=object))
    return np.array([text.lower() in _MISSING for text in different], dtype=bool)[codes]


def to_numbers(texts: pd.Series) -> np.ndarray:
    """Strings as float64 (rows,): NaN where a string is missing or no number; infinities stay."""
    codes, different = pd.factorize(texts.to_numpy(dtype=object))
    return np.asarray(pd.to_numeric(different, errors="coerce"), dtype=np.float64)[codes]


def is_number(text: str) -> bool:
    """Whether one cell holds a number; `nan` is none, since it means a missing value."""
    try:
        value = float(text)
    except ValueError:
        return False
    return value == value


def tidy(column: pd.Series) -> pd.Series:
    """A column as float64 if its dtype is a number or a truth value, else as strings without blanks around them.

    None and NaN among strings become the empty string, which is how a file spells them.
    """
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    if pd.api.types.is_bool_dtype(column.dtype) or pd.api.types.is_numeric_dtype(column.dtype):
        return pd.Series(column.to_numpy(dtype=np.float64, na_value=np.nan), index=column.index)
    present = column.notna().to_numpy(dtype=bool)
    texts: list[Any] = [str(v).strip() if ok else "" for v, ok in zip(column.tolist(), present, strict=True)]
    return pd.Series(np.array(texts, dtype=object), index=column.index, dtype=object)


def is_text(column: pd.Series) -> bool:
    """Whether a tidy column holds strings."""
    return column.dtype == object
