"""Steps of the sequences of records: how many of each are valid, and their labels."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from ...errors import UsageError
from ..provider import DataOptions
from ..targets import LabelColumns
from .record_parser import Parsed, Ragged
from .record_schema import RecordFeature


def has_step_labels(schema: Mapping[str, RecordFeature], columns: LabelColumns, options: DataOptions) -> bool:
    """Whether the label is one of each step: the one label, of several values, of an RNN_ALL_ACTIVATIONS spec."""
    is_one = len(columns.labels) == 1 and not options.tasks
    return is_one and options.problem_type == "RNN_ALL_ACTIVATIONS" and bool(schema[columns.labels[0]].shape)


def check_step_label(name: str, schema: Mapping[str, RecordFeature], asides: Collection[str], source: str) -> None:
    """Raises `UsageError` if labels of steps are no list of numbers, or do not vary as the sequences do."""
    label = schema[name]
    if len(label.shape) > 1 or label.dtype not in ("int64", "float32"):
        raise UsageError(f"{source}: feature {name!r} is {label.spelled()}; expected one number a step")
    varying = [other for other, feature in schema.items() if feature.varies and other not in asides]
    if label.varies != bool(varying):
        how = f"{varying[0]!r} varies" if varying else "no feature beside it varies"
        raise UsageError(f"{source}: label {name!r} is {label.spelled()}, but {how}; its steps must be the sequence's")


def valid_steps(
    parsed: Parsed, schema: Mapping[str, RecordFeature], asides: Collection[str], lengths: str
) -> np.ndarray:
    """Steps of each record that are no padding, (records,): by lengths, or else up to the last token id that is not 0.

    Sequences that vary have no padding.
    """
    for name, column in parsed.items():
        if isinstance(column, Ragged):
            return column.counts // schema[name].width
    plain = {name: column for name, column in parsed.items() if isinstance(column, np.ndarray)}
    if lengths:
        return plain[lengths].reshape(-1)
    for name, column in plain.items():
        if name not in asides and column.ndim == 2 and schema[name].dtype == "int64":
            return np.where(column.any(axis=1), column.shape[1] - np.argmax(column[:, ::-1] != 0, axis=1), 1)
    return np.full(len(next(iter(plain.values()))), np.iinfo(np.int64).max)


def check_stored_lengths(steps: np.ndarray, lengths: np.ndarray, path: str, numbers: np.ndarray) -> None:
    """Raises `UsageError` naming the first record whose length is not that of its sequences, which vary."""
    bad = lengths.reshape(-1) != steps
    if bad.any():
        row = int(np.argmax(bad))
        raise UsageError(
            f"{path}, record {numbers[row]}: length {int(lengths.reshape(-1)[row])}, but its sequences have"
            f" {int(steps[row])} steps"
        )


def step_labels(labels: np.ndarray | Ragged, valid: np.ndarray, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Labels of steps (records, steps), cut or padded with 0, and which of them are no padding.

    Args:
      labels: (records, any), or of as many steps as each record has.
      valid: steps of each record that are no padding, (records,).
      steps: of all sequences.
    """
    array = labels.padded(steps, 1)[:, :, 0] if isinstance(labels, Ragged) else labels[:, :steps]
    return array, np.arange(steps) < np.clip(valid, 1, steps)[:, None]


def common_steps(
    schema: Mapping[str, RecordFeature], label: str, found: np.ndarray, options: DataOptions, covered: float
) -> int:
    """Steps that sequences and labels of steps are cut or padded to; 0 where there are no such.

    Args:
      schema: of all features.
      label: the one with labels of steps, or empty.
      found: steps of training records whose sequences vary, (records,); 1 step where there are none.
      options: may name the steps.
      covered: share of the sequences that is kept whole without another wish.
    """
    if any(feature.varies for feature in schema.values()):
        if not len(found):
            return 1
        usual = int(np.quantile(found, covered, method="higher"))
        return min(int(found.max()), options.sequence_length or usual)
    steps = schema[label].shape[0] or 0 if label else 0
    return min(steps, options.sequence_length or steps)


def joined_labels(pieces: Sequence[np.ndarray | Ragged]) -> np.ndarray | Ragged:
    """Columns of batches as one column of all records."""
    ragged = [piece for piece in pieces if isinstance(piece, Ragged)]
    if ragged:
        values, counts = (
            np.concatenate(arrays) for arrays in zip(*((p.values, p.counts) for p in ragged), strict=True)
        )
        return Ragged(values, counts)
    arrays = [piece for piece in pieces if isinstance(piece, np.ndarray)]
    return np.concatenate(arrays) if arrays else np.zeros(0, dtype=np.int64)
