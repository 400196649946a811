"""Columns of one unit share their scale; all others keep their own."""

import numpy as np
import pandas as pd
import pytest

from model_search.data.provider import DataOptions
from model_search.data.tables.frames import Table
from model_search.data.tables.schema import infer_schema
from model_search.data.tables.tabular import MANY_ROWS, TableSource, table_provider


def variances(frame: pd.DataFrame) -> list[float]:
    return [column.variance for column in infer_schema(frame, {}, "test").numbers]


def pixels(columns: int, low: float = 0.0, high: float = 16.0) -> pd.DataFrame:
    """Columns of four values: the lowest, the highest, and two between that differ by column."""
    return pd.DataFrame({f"p{c}": [low, high, low + (c + 1) % 5 + 1.0, (low + high) / 2] * 5 for c in range(columns)})


def test_columns_of_one_range_have_the_mean_of_their_variances() -> None:
    frame = pixels(16)
    expected = np.mean([frame[name].var(ddof=0) for name in frame])
    assert variances(frame) == pytest.approx([expected] * 16)


def test_a_nearly_dark_pixel_belongs_to_the_unit() -> None:
    frame = pixels(16)
    frame["dark"] = [0.0] * 19 + [1.0]
    expected = np.mean([frame[name].var(ddof=0) for name in frame])
    assert variances(frame)[-1] == pytest.approx(expected)


def test_columns_of_other_ranges_keep_their_own_scale() -> None:
    frame = pixels(16)
    frame["larger"] = np.linspace(0, 17, 20)
    frame["other_start"] = np.linspace(1, 2, 20)
    assert variances(frame)[-2:] == pytest.approx([frame[name].var(ddof=0) for name in ("larger", "other_start")])


@pytest.mark.parametrize(
    "frame",
    [
        pixels(15),
        pd.DataFrame({f"flag{c}": [0.0] * (c + 1) + [1.0] * (19 - c) for c in range(18)}),
        pd.concat([pixels(8), pixels(8, low=1.0).add_prefix("a"), pixels(8, high=8.0).add_prefix("b")], axis=1),
    ],
    ids=["few columns", "flags", "no range that most have"],
)
def test_there_is_no_unit(frame: pd.DataFrame) -> None:
    assert variances(frame) == pytest.approx([frame[name].var(ddof=0) for name in frame])


@pytest.mark.parametrize(("rows", "width"), [(MANY_ROWS + 1000, 1 + 16), (MANY_ROWS - 1000, 1)])
def test_bins_need_many_training_rows(rows: int, width: int) -> None:
    frame = pd.DataFrame({"x": np.arange(float(rows)), "label": ["a", "b"] * (rows // 2)})
    options = DataOptions(label="label", validation_fraction=10 / rows)
    provider = table_provider(TableSource(Table.of(frame, "test"), None, None), options)
    encoded = provider.encode({name: np.zeros((1, 1), "float32") for name in provider.signature()})
    assert encoded.shape == (1, width)
