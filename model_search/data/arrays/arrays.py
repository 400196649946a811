"""Providers from what Python programs hold: numpy arrays, pandas frames, dicts of arrays and `tf.data` sets."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ...errors import UsageError
from ..label_arrays import as_columns, label_arrays, without_gaps
from ..option_checks import FRACTIONS, USUAL_LENGTHS, refuse_others
from ..provider import DataOptions, Provider
from ..tables.frames import Table
from ..tables.tabular import TableSource, table_provider
from ..trees import Tree
from .dataset_reading import is_dataset, read_dataset
from .input_arrays import ArraySet, arrays_provider
from .input_statistics import check_any_finite
from .inputs import as_text, is_scalar

LABEL = "label"
ARRAY_OPTIONS = (
    *("label", "types", "weight", "class_weight", "task", "tasks", "vocabulary", "sequence_length", "tokens"),
    *("augment", *FRACTIONS),
)
WEIGHT = "weight"


@dataclass(frozen=True)
class Examples:
    """Features as a frame, an array or arrays by name, labels and weights (rows,) or None, and what they are called."""

    features: pd.DataFrame | np.ndarray | dict[str, np.ndarray]
    labels: Tree | None
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
      data: a provider (returned as it is); a pandas frame; `(features, labels)` or `(features, labels, weights)`; or a
        finite `tf.data.Dataset` of such tuples, batched or not. Features are a frame; a dict of arrays by name, with
        one value an example or more, all of which become inputs; or one array: (examples, features), (examples, time,
        features), (examples, height, width, channels), for a CNN also (examples, height, width), for an RNN also
        (examples, time) of token ids from 0, which is padding, or of one number a step.
      label: the label's column, for a frame without separate labels (default: the last).
      validation_data, test_data: as `data`; by default a split of it.
      options: task, types, weights, fractions and seed; `problem_type` decides what shapes mean; `lengths` names the
        array with the valid steps of sequences. File names in it mean nothing here.

    Raises:
      UsageError: shapes do not fit, labels or features are unusable, or the kind of data is unknown.
    """
    if isinstance(data, Provider):
        return data
    options = replace(options or DataOptions(), label=label or (options.label if options else ""))
    refuse_others(options, ARRAY_OPTIONS, "data in memory")
    train = examples_of(data, "data", options)
    evaluation = examples_of(validation_data, "validation_data", options) if validation_data is not None else None
    test = examples_of(test_data, "test_data", options) if test_data is not None else None
    for part in (train, evaluation, test):
        if part:
            _check_known(part)
    if not _is_table(train, options):
        sets = [_arrays(part, options) if part else None for part in (train, evaluation, test)]
        assert sets[0] is not None
        return arrays_provider(sets[0], sets[1], sets[2], options)
    if options.augment:
        raise UsageError(f"augment {options.augment[0]!r} changes images; the data are a table")
    if options.lengths not in ("", USUAL_LENGTHS):
        raise UsageError(f"lengths {options.lengths!r} have no meaning for a table")
    if train.labels is not None:
        label = "" if options.tasks else ",".join(as_columns(train.labels, LABEL))
        options = replace(options, label=label, weight=WEIGHT if train.weights is not None else options.weight)
    table = _table(train)
    others = [_matching(_table(part), table) if part else None for part in (evaluation, test)]
    is_vector = isinstance(train.features, np.ndarray)
    digest = "+".join(_digest(part.frame) for part in (table, *others) if part)
    given = TableSource(table, others[0], others[1], has_header=not is_vector, digest=digest)
    return table_provider(given, options, is_vector)


def examples_of(data: Any, source: str, options: DataOptions) -> Examples:
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
    count = len(next(iter(features.values()))) if isinstance(features, dict) else len(features)
    labels = label_arrays(data[1], count, options, source) if data[1] is not None else None
    _check_task_weights(features, labels, options, source)
    if isinstance(features, dict) and isinstance(labels, dict):
        moved = {task.weight for task in options.tasks if task.weight in features}
        labels |= {name: _column(features[name], name, count, source) for name in moved}
        features = {name: array for name, array in features.items() if name not in moved}
    weights = _column(data[2], "weights", count, source) if len(data) == 3 else None
    return Examples(features, labels, weights, source)


def _features(features: Any, source: str) -> pd.DataFrame | np.ndarray | dict[str, np.ndarray]:
    if isinstance(features, Mapping):
        return _by_name(features, source)
    if not isinstance(features, pd.DataFrame):
        features = np.asarray(features)
        if features.ndim not in (2, 3, 4):
            raise UsageError(f"{source}: features have shape {features.shape}; expected rank 2, 3 or 4")
        if features.dtype.kind not in "fiub":
            raise UsageError(f"{source}: features have dtype {features.dtype}; expected numbers, or a pandas DataFrame")
    if not all(features.shape):
        raise UsageError(f"{source}: features are empty, of shape {features.shape}")
    return features


def _by_name(features: Mapping[str, Any], source: str) -> pd.DataFrame | dict[str, np.ndarray]:
    """A frame where each array has one value an example, else the arrays."""
    arrays = {str(name): as_text(np.asarray(values)) for name, values in features.items()}
    for name, array in arrays.items():
        if array.ndim < 1 or not all(array.shape):
            raise UsageError(f"{source}: feature {name!r} has shape {array.shape}; expected values for each example")
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        raise UsageError(f"{source}: features differ in length: {lengths}")
    if not arrays:
        raise UsageError(f"{source}: features are empty, a dict without arrays")
    if all(is_scalar(array) for array in arrays.values()):
        return pd.DataFrame({name: array.reshape(-1) for name, array in arrays.items()})
    return arrays


def _column(values: Any, what: str, length: int, source: str) -> np.ndarray | None:
    if values is None:
        return None
    column = np.asarray(values)
    column = column[:, 0] if column.ndim == 2 and column.shape[1] == 1 else column
    if column.shape != (length,):
        raise UsageError(f"{source}: {what} have shape {column.shape}, features have {length} examples")
    return without_gaps(column, what, source)


def _check_task_weights(features: Any, labels: Any, options: DataOptions, source: str) -> None:
    """Weights of single tasks stand among the features or among the labels, as the spec says."""
    for task in options.tasks:
        if not task.weight or labels is None:
            continue
        place, holder = ("features", features) if task.weight_is_a_feature else ("labels", labels)
        names = holder.columns if isinstance(holder, pd.DataFrame) else holder if isinstance(holder, dict) else ()
        if task.weight not in names:
            raise UsageError(f"{source}: the {place} have no weights {task.weight!r}, which the spec names")


def _is_table(examples: Examples, options: DataOptions) -> bool:
    features = examples.features
    is_vectors = isinstance(features, np.ndarray) and features.ndim == 2 and not options.problem_type.startswith("RNN")
    return isinstance(features, pd.DataFrame) or is_vectors


def _table(examples: Examples) -> Table:
    features = examples.features
    if isinstance(features, dict) or (isinstance(features, np.ndarray) and features.ndim != 2):
        raise UsageError(
            f"{examples.source}: features are arrays of several ranks; those of the training data are a table"
        )
    frame = features if isinstance(features, pd.DataFrame) else pd.DataFrame(features)
    frame = frame.reset_index(drop=True)
    frame.columns = pd.Index([str(name) for name in frame.columns])
    added = {} if examples.labels is None else as_columns(examples.labels, LABEL)
    added |= {} if examples.weights is None else {WEIGHT: examples.weights}
    for name in added:
        if name in frame.columns:
            raise UsageError(f"{examples.source}: a feature is called {name!r}, which is the name of separate {name}s")
    columns = {name: pd.Series(values) for name, values in added.items()}
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


def _check_known(examples: Examples) -> None:
    """Raises `UsageError` naming an input of several values an example that has no finite value at all."""
    features = examples.features
    arrays = features if isinstance(features, dict) else {"features": features}
    for name, array in arrays.items():
        if isinstance(array, np.ndarray) and array.dtype.kind == "f" and array.ndim > 1 and array.size:
            check_any_finite(array, name, examples.source)


def _arrays(examples: Examples, options: DataOptions) -> ArraySet:
    if examples.labels is None:
        raise UsageError(f"{examples.source}: arrays need labels: (features, labels)")
    features = examples.features
    if isinstance(features, np.ndarray):
        features = {_name_of(features, options): features}
    if isinstance(features, pd.DataFrame):
        features = {str(name): features[name].to_numpy() for name in features.columns}
    return ArraySet(features, examples.labels, examples.weights, examples.source)


def _name_of(array: np.ndarray, options: DataOptions) -> str:
    """What the one input is called in the exported model."""
    if array.ndim == 4 or (array.ndim == 3 and options.problem_type == "CNN"):
        return "image"
    return "tokens" if array.ndim == 2 and array.dtype.kind in "iu" else "features"


def _digest(frame: pd.DataFrame) -> str:
    """A digest of a frame's values and names, 16 hexadecimal digits."""
    hashes = pd.util.hash_pandas_object(frame, index=False).to_numpy()
    names = pd.util.hash_array(np.array(list(frame.columns), dtype=object))
    return f"{int(pd.util.hash_array(np.concatenate([names, hashes])).sum(dtype=np.uint64)):016x}"
