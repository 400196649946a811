"""Columns of a table that hold texts: which do, and how they are encoded."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...errors import UsageError
from ..provider import Column
from ..texts.text_tokens import TextOptions, TextPlan, plain, plan_texts

MINIMUM_WORDS = 4
"""A column of different values is text if half of them have so many words with a letter; names and ids have fewer."""

MINIMUM_VALUES = 10
"""With fewer different values than that, a column is one of categories, long as they may be."""

EXAMINED = 1000
"""So many of the values, the first ones, are searched for words."""

DIFFERENT = 0.5
"""A column of text has so many different values in each present row."""


@dataclass(frozen=True)
class TextColumn:
    """A column of texts: its name, and how its texts are encoded."""

    name: str
    plan: TextPlan


def is_free_text(column: pd.Series, missing: np.ndarray) -> bool:
    """Whether a column of strings looks like text: mostly different values of several words each.

    Args:
      column: strings.
      missing: which rows have none; (rows,) bool.
    """
    present = column[~missing]
    distinct = present.nunique()
    if distinct < MINIMUM_VALUES or distinct <= DIFFERENT * len(present):
        return False
    words = [sum(any(map(str.isalpha, word)) for word in text.split()) for text in present.iloc[:EXAMINED].tolist()]
    return float(np.median(words)) >= MINIMUM_WORDS


def plan_column(texts: pd.Series, name: str, wanted: TextOptions) -> tuple[TextColumn, Column] | None:
    """Learns the encoding of a column's texts, and says so in a line; None where they have no token."""
    plan = plan_texts((plain(text) for text in texts.tolist()), wanted)
    return (TextColumn(name, plan), Column(name, "text", plan.detail)) if plan.vocabulary else None


def check_columns(texts: Sequence[str], others: Sequence[str], wanted: TextOptions, source: str) -> None:
    """Refuses columns and options that do not fit each other.

    Args:
      texts: columns of text.
      others: the other features.
      wanted: what the user wants of texts.
      source: file or argument, for errors.

    Raises:
      UsageError: a sequence is wanted of other than exactly one column of text, or an option has no effect.
    """
    if wanted.is_sequence and len(texts) != 1:
        found = f"its columns of text are {', '.join(texts)}" if texts else "no column looks like text"
        raise UsageError(f"{source}: a recurrent network reads one column of text; {found}; say which with types")
    if wanted.is_sequence and others:
        ignore = ",".join(f"{name}=ignore" for name in others[:3])
        raise UsageError(
            f"{source}: a recurrent network reads column {texts[0]!r} alone, not {', '.join(others[:3])}; "
            f"give types {ignore}, or problem_type DNN to read all"
        )
    given = [("sequence_length", wanted.sequence_length), ("tokens", wanted.tokens != "word" and wanted.tokens)]
    for name, value in given:
        if value and (not texts or (name == "sequence_length" and not wanted.is_sequence)):
            reason = "texts are taken as bags of words" if texts else "no column is text"
            raise UsageError(f"{source}: {name} {value} has no meaning where {reason}")
