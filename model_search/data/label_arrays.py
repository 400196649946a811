"""Labels as Python programs hold them: one array, a column for each label or step, or a dict by task."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ..errors import UsageError
from .provider import DataOptions, TaskKind
from .trees import Tree


def label_arrays(values: Any, examples: int, options: DataOptions, source: str) -> Tree:
    """Labels as given, checked for shape.

    (examples,) or (examples, 1) become (examples,). With task `multi_label` (examples, classes) are allowed, for
    RNN_ALL_ACTIVATIONS (examples, time), and for several labels or tasks a dict of (examples,) by name, in which labels
    may be missing.

    Raises:
      UsageError: the shape is another, or a label is missing.
    """
    if isinstance(values, Mapping):
        if not options.tasks and options.task != TaskKind.MULTI_LABEL.value:
            raise UsageError(f"{source}: labels are a dict; give task multi_label, or a spec with multi_task_spec")
        return {str(name): one_column(column, name, examples, source) for name, column in values.items()}
    array = np.asarray(values)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    is_wide = options.task == TaskKind.MULTI_LABEL.value or options.problem_type == "RNN_ALL_ACTIVATIONS"
    if array.ndim == 2 and is_wide and len(array) == examples:
        return array
    return without_gaps(one_column(array, "labels", examples, source), "labels", source)


def without_gaps(column: np.ndarray, what: str, source: str) -> np.ndarray:
    """The column. Raises `UsageError` where a value is missing."""
    missing = pd.isna(column)
    if missing.any():
        raise UsageError(f"{source}: {what}[{int(np.argmax(missing))}] is missing ({int(missing.sum())} are)")
    return column


def one_column(values: Any, name: object, examples: int, source: str) -> np.ndarray:
    """Labels or weights of examples, given as (examples,) or (examples, 1). Raises `UsageError` for another shape."""
    column = np.asarray(values)
    column = column[:, 0] if column.ndim == 2 and column.shape[1] == 1 else column
    if column.shape != (examples,):
        raise UsageError(f"{source}: {name} have shape {column.shape}, features have {examples} examples")
    return column


def as_columns(labels: Tree, name: str) -> dict[str, np.ndarray]:
    """Labels of examples as columns of a table: by task, or `<name>_<place>` for several labels."""
    if isinstance(labels, dict):
        return dict(labels)
    if labels.ndim == 2:
        return {f"{name}_{place}": labels[:, place] for place in range(labels.shape[1])}
    return {name: labels}
