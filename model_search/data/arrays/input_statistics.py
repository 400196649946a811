"""Statistics of numeric arrays, and checks of their values, with bounded memory."""

from collections.abc import Iterator

import numpy as np

from ...errors import UsageError

STATISTICS_VALUES = 1 << 24
"""Values of one array, evenly spread over its rows, that means and variances are taken from at most."""

CHUNK_BYTES = 4 << 20


def sample_size(array: np.ndarray) -> int:
    """Rows of an array that have `STATISTICS_VALUES` values."""
    return max(1, STATISTICS_VALUES // max(1, int(np.prod(array.shape[1:]))))


def spread(rows: np.ndarray, count: int) -> np.ndarray:
    """At most `count` of the rows, evenly spread."""
    return rows if len(rows) <= count else rows[np.arange(count) * len(rows) // count]


def channel_statistics(array: np.ndarray, lengths: np.ndarray | None) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and variance of the last axis, of finite values alone; variance 1 where there is none.

    Args:
      array: (rows, ..., channels).
      lengths: valid steps of sequences (rows, time, channels), (rows,); the others do not count.
    """
    values = array.astype(np.float64)
    if lengths is not None:
        values[np.arange(array.shape[1]) >= lengths.reshape(-1, 1)] = np.nan
    values = values.reshape(-1, array.shape[-1])
    known = np.isfinite(values)
    counts = np.maximum(1, known.sum(axis=0))
    mean = np.where(known, values, 0.0).sum(axis=0) / counts
    variance = (np.where(known, values - mean, 0.0) ** 2).sum(axis=0) / counts
    variance[variance == 0] = 1.0
    return tuple(mean.tolist()), tuple(variance.tolist())


def chunk_rows(array: np.ndarray) -> int:
    """Rows of an array that are read at a time."""
    return max(1, min(4096, CHUNK_BYTES // max(1, array.itemsize * int(np.prod(array.shape[1:])))))


def chunks(array: np.ndarray) -> Iterator[np.ndarray]:
    """Pieces of an array that may be larger than memory."""
    step = chunk_rows(array)
    for start in range(0, len(array), step):
        yield array[start : start + step]


def check_finite(array: np.ndarray, name: str, source: str) -> None:
    """Raises `UsageError` if an image holds a value that is not finite."""
    if array.dtype.kind == "f" and not all(np.isfinite(piece).all() for piece in chunks(array)):
        raise UsageError(f"{source}: images {name!r} hold values that are not finite")


def check_any_finite(array: np.ndarray, name: str, source: str) -> None:
    """Raises `UsageError` if numbers (examples, ...) hold no finite value."""
    if not any(np.isfinite(piece).any() for piece in chunks(array)):
        raise UsageError(f"{source}: input {name!r} has no value: all {array.size:,} are missing or not finite")


def missing_values(array: np.ndarray, lengths: np.ndarray | None = None) -> int:
    """How many of the numbers (examples, ...) are not finite; with lengths (examples,), those in valid steps alone."""
    if array.dtype.kind != "f":
        return 0
    found = start = 0
    for piece in chunks(array):
        missing = ~np.isfinite(piece)
        if lengths is not None:
            valid = np.arange(piece.shape[1]) < lengths[start : start + len(piece)].reshape(-1, 1)
            missing &= valid.reshape(*valid.shape, *[1] * (missing.ndim - 2))
        found += int(missing.sum())
        start += len(piece)
    return found


def check_lengths(lengths: np.ndarray, steps: int, source: str) -> None:
    """Raises `UsageError` naming the first row whose sequence has fewer than 1 or more than `steps` valid steps."""
    if lengths.dtype.kind not in "iu" or lengths.shape[1:] not in ((), (1,)):
        raise UsageError(
            f"{source}: lengths are {lengths.dtype} of shape {lengths.shape}; expected an integer an example"
        )
    lengths = lengths.reshape(-1)
    bad = (lengths < 1) | (lengths > steps)
    if bad.any():
        row = int(np.argmax(bad))
        raise UsageError(
            f"{source}, row {row}: length {int(lengths[row])} is not from 1 to {steps}, the steps there are"
        )


def check_tokens(tokens: np.ndarray, name: str, source: str) -> None:
    """Raises `UsageError` naming the first row with a negative token id, or one beyond 32 bits."""
    start = 0
    for piece in chunks(tokens):
        bad = ((piece < 0) | (piece >= 2**31 - 1)).any(axis=1)
        if bad.any():
            row = int(np.argmax(bad))
            value = next(v for v in piece[row].tolist() if not 0 <= v < 2**31 - 1)
            raise UsageError(f"{source}, row {start + row}: token id {value} in {name!r} is not from 0 to {2**31 - 2}")
        start += len(piece)
