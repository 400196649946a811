"""Columns of numbers that are all measured in one unit, such as pixels, are scaled together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .schema import NumberColumn

FEWEST_COLUMNS = 16
"""With fewer columns of numbers, equal ranges may be chance."""

MOST = 0.5
"""With this share of columns of one range, that range is the unit's."""


def with_shared_scale(columns: Sequence[NumberColumn]) -> list[NumberColumn]:
    """The columns, those of one unit with the mean of their variances as each one's variance.

    A pixel that is nearly always dark says little; divided by its own small deviation it would be the loudest input.
    There is a unit where most columns of more than two different values have the same smallest and the same largest
    value; columns of the same smallest and no larger values belong to it.
    """
    ranges = Counter((column.low, column.high) for column in columns if column.edges)
    if len(columns) < FEWEST_COLUMNS or not ranges:
        return list(columns)
    (low, high), count = ranges.most_common(1)[0]
    if count < MOST * len(columns):
        return list(columns)
    members = [column.low == low and column.high <= high for column in columns]
    variances = [column.variance for column, is_member in zip(columns, members, strict=True) if is_member]
    shared = sum(variances) / len(variances)
    return [
        replace(column, variance=shared) if is_member else column
        for column, is_member in zip(columns, members, strict=True)
    ]
