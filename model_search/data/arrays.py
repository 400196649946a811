"""Providers from what Python programs hold: numpy arrays, pandas frames, dicts of arrays and `tf.data` sets."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ..errors import UsageError
from .dataset_reading import is_dataset, read_dataset
from .plates import Plates, plates_provider
from .provider import DataOptions, Provider
from .tabular import Table, TableSource, table_provider

LABEL = "label"
WEIGHT = "weight"


@dataclass(frozen=True)
class Examples:
    """Features as a frame or an array, labels and weights (rows,) or None, and what the caller calls them."""

    features: pd.DataFrame | np.ndarray
    labels: np.ndarray | None
    weights: np.ndarray | None
    source: str


def provider_from(
    data: Any,
    label: str = "",
    validation_data: Any = None,
    test_data: Any = None,
    options: DataOptions | None = None,
) -> Provider:
    """A provider for data in memory.

    Args:
      data: a provider (returned as it is); a pandas frame; `(features, labels)` or `(features, labels, weights)` with
        features an array of rank 2 (examples, features) or 4 (examples, height, width, channels), a frame, or a dict of
        arrays by column name; or a finite `tf.data.Dataset` of such tuples, batched or not.
      label: the label's column, for a frame without separate labels (default: the last).
      validation_data, test_data: as `data`; by default a split of it.
      options: task, types, weights, fractions and seed; file names in it mean nothing here.

    Raises:
      UsageError: shapes do not fit, labels or features are unusable, or the kind of data is unknown.
    """
    if isinstance(data, Provider):
        return data
    options = replace(options or DataOptions(), label=label or (options.label if options else ""))
    train = examples_of(data, "data")
    evaluation = examples_of(validation_data, "validation_data") if validation_data is not None else None
    test = examples_of(test_data, "test_data") if test_data is not None else None
    if isinstance(train.features, np.ndarray) and train.features.ndim == 4:
        plates = [_plates(part, train) if part else None for part in (evaluation, test)]
        return plates_provider(_plates(train, train), plates[0], plates[1], options)
    if train.labels is not None:
        options = replace(options, label=LABEL, weight=WEIGHT if train.weights is not None else options.weight)
    table = _table(train)
    others = [_matching(_table(part), table) if part else None for part in (evaluation, test)]
    is_vector = isinstance(train.features, np.ndarray)
    digest = "+".join(_digest(part.frame) for part in (table, *others) if part)
    given = TableSource(table, others[0], others[1], has_header=not is_vector, digest=digest)
    return table_provider(given, options, is_vector)


def examples_of(data: Any, source: str) -> Examples:
    """Data of any accepted kind, checked for shape.

    Raises:
      UsageError: the kind is unknown, there are no examples, or lengths differ.
    """
    if is_dataset(data):
        data = read_dataset(data, source)
    if isinstance(data, pd.DataFrame):
        data = (data, None)
    if not isinstance(data, tuple | list) or not 2 <= len(data) <= 3:
        raise UsageError(
            f"{source} is a {type(data).__name__}; expected (features, labels[, weights]), a pandas DataFrame,"
            " a tf.data.Dataset or a Provider"
        )
    features = _features(data[0], source)
    labels = _column(data[1], "labels", len(features), source)
    weights = _column(data[2], "weights", len(features), source) if len(data) == 3 else None
    return Examples(features, labels, weights, source)


def _features(features: Any, source: str) -> pd.DataFrame | np.ndarray:
    if isinstance(features, Mapping):
        features = _frame(features, source)
    if not isinstance(features, pd.DataFrame):
        features = np.asarray(features)
        if features.ndim not in (2, 4):
            raise UsageError(f"{source}: features have shape {features.shape}; expected rank 2 or 4")
        if features.dtype.kind not in "fiub":
            raise UsageError(f"{source}: features have dtype {features.dtype}; expected numbers, or a pandas DataFrame")
    if not all(features.shape):
        raise UsageError(f"{source}: features are empty, of shape {features.shape}")
    return features


def _frame(features: Mapping[str, Any], source: str) -> pd.DataFrame:
    columns = {}
    for name, values in features.items():
        column = np.asarray(values)
        column = column[:, 0] if column.ndim == 2 and column.shape[1] == 1 else column
        if column.ndim != 1:
            raise UsageError(f"{source}: feature {name!r} has shape {column.shape}; a dict holds one value an example")
        columns[name] = column
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        raise UsageError(f"{source}: features differ in length: {lengths}")
    return pd.DataFrame(columns)


def _column(values: Any, what: str, length: int, source: str) -> np.ndarray | None:
    if values is None:
        return None
    column = np.asarray(values)
    column = column[:, 0] if column.ndim == 2 and column.shape[1] == 1 else column
    if column.shape != (length,):
        raise UsageError(f"{source}: {what} have shape {column.shape}, features have {length} examples")
    missing = pd.isna(column)
    if missing.any():
        raise UsageError(f"{source}: {what}[{int(np.argmax(missing))}] is missing ({int(missing.sum())} are)")
    return column


def _table(examples: Examples) -> Table:
    features = examples.features
    frame = features if isinstance(features, pd.DataFrame) else pd.DataFrame(features)
    frame = frame.reset_index(drop=True)
    frame.columns = pd.Index([str(name) for name in frame.columns])
    added = {LABEL: examples.labels, WEIGHT: examples.weights}
    for name, values in added.items():
        if values is not None and name in frame.columns:
            raise UsageError(f"{examples.source}: a feature is called {name!r}, which is the name of separate {name}s")
    columns = {name: pd.Series(values) for name, values in added.items() if values is not None}
    if frame.columns.has_duplicates:
        raise UsageError(f"{examples.source}: column {frame.columns[frame.columns.duplicated()][0]!r} occurs twice")
    return Table.of(frame.assign(**columns), examples.source)


def _matching(table: Table, train: Table) -> Table:
    """The table with the training table's columns in its order."""
    for name in train.frame.columns:
        if name not in table.frame.columns and name != WEIGHT:
            raise UsageError(f"{table.source} has no column {name!r}, which {train.source} has")
    frame = table.frame
    if WEIGHT in train.frame.columns and WEIGHT not in frame.columns:
        frame = frame.assign(**{WEIGHT: 1.0})
    return Table(frame[list(train.frame.columns)], table.source)


def _plates(examples: Examples, train: Examples) -> Plates:
    if examples.labels is None:
        raise UsageError(f"{examples.source}: images need labels: (features, labels)")
    features = np.asarray(examples.features)
    expected = np.asarray(train.features)
    if features.shape[1:] != expected.shape[1:] or features.dtype != expected.dtype:
        raise UsageError(
            f"{examples.source}: features are {features.dtype} of shape {features.shape[1:]}, those of {train.source}"
            f" are {expected.dtype} of {expected.shape[1:]}"
        )
    if features.dtype != np.uint8:
        features = features.astype(np.float32)
    return Plates(features, examples.labels, examples.weights, examples.source)


def _digest(frame: pd.DataFrame) -> str:
    """A digest of a frame's values and names, 16 hexadecimal digits."""
    hashes = pd.util.hash_pandas_object(frame, index=False).to_numpy()
    names = pd.util.hash_array(np.array(list(frame.columns), dtype=object))
    return f"{int(pd.util.hash_array(np.concatenate([names, hashes])).sum(dtype=np.uint64)):016x}"
