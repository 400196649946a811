"""The provider `numpy`: arrays by name, in an `.npz` archive or as `.npy` files in one folder."""

import hashlib
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from ...errors import UsageError
from ..example_labels import find_labels
from ..label_arrays import label_arrays, one_column
from ..provider import DataOptions
from ..tables.csv_file import file_digest, require_file
from ..targets import LabelColumns
from .input_arrays import ArraySet, ArraysProvider, arrays_provider
from .inputs import as_text
from .npz_archive import npz_arrays


def numpy_provider(options: DataOptions) -> ArraysProvider:
    """Reads the archives or folders of the options.

    The label is the array that `label` names, by default `label`, `labels` or `y`; several labels and those of tasks
    are an array each. `weight` names one of example weights, `lengths` one of the valid steps of sequences. All others
    are inputs; see `input_arrays.arrays_provider`.
    The files of a folder and large arrays of an archive are read piece by piece, see `npz_archive.npz_arrays`.

    Raises:
      UsageError: a file is missing or holds no plain arrays, or they do not fit the options or each other.
    """
    names = [options.filename, options.validation_filename, options.test_filename]
    found = [_arrays(name) if name or not place else None for place, name in enumerate(names)]
    assert found[0] is not None
    columns = find_labels(options, list(found[0]), options.filename)
    label = ",".join(columns.labels)
    sets = [
        _array_set(arrays, columns, options, name) if arrays else None
        for place, (arrays, name) in enumerate(zip(found, names, strict=True))
    ]
    assert sets[0] is not None
    digest = "+".join(_digest(name) for name in names if name)
    return arrays_provider(sets[0], sets[1], sets[2], replace(options, label=label), label, digest)


def _arrays(filename: str) -> dict[str, np.ndarray]:
    path = Path(filename)
    if filename and path.is_dir():
        files = sorted(path.glob("*.npy"))
        if not files:
            raise UsageError(f"{filename} has no .npy files; expected one for each input, and one for the label")
        return {file.stem: _load(file) for file in files}
    if require_file(filename).suffix != ".npz":
        raise UsageError(f"{filename} must be an .npz archive, or a folder of .npy files")
    try:
        return npz_arrays(filename)
    except (ValueError, OSError, zipfile.BadZipFile) as error:
        raise _no_arrays(filename, "an .npz archive", error) from None


def _load(file: Path) -> np.ndarray:
    try:
        array: np.ndarray = np.load(file, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError) as error:
        raise _no_arrays(str(file), "an .npy file", error) from None
    return array


def _no_arrays(filename: str, what: str, error: Exception) -> UsageError:
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return UsageError(f"{filename} is not {what} of plain arrays: {reason}")


def _array_set(arrays: dict[str, np.ndarray], columns: LabelColumns, options: DataOptions, source: str) -> ArraySet:
    """The arrays by their part; held-out data need no weights."""
    for name in columns.labels:
        if name not in arrays:
            raise UsageError(f"{source} has no label {name!r}; it has {', '.join(sorted(arrays))}")
    inputs = {name: as_text(array) for name, array in arrays.items() if name not in columns.names}
    if not inputs:
        known = ", ".join(map(repr, columns.labels))
        raise UsageError(f"{source} has no inputs beside {known}; it has {', '.join(sorted(arrays))}")
    for name, array in arrays.items():
        if array.ndim < 1 or not all(array.shape):
            raise UsageError(f"{source}: array {name!r} is of shape {array.shape}; expected values for each example")
    asides = {name: as_text(np.array(arrays[name])) for name in columns.names if name in arrays}
    examples, weight = len(asides[columns.labels[0]]), columns.weight
    weights = one_column(asides[weight], f"weights {weight!r}", examples, source) if weight in asides else None
    if len(columns.labels) == 1 and not options.tasks:
        return ArraySet(inputs, label_arrays(asides[columns.labels[0]], examples, options, source), weights, source)
    by_name = {name: array for name, array in asides.items() if name != weight or name in columns.task_weights.values()}
    return ArraySet(inputs, label_arrays(by_name, examples, options, source), weights, source)


def _digest(filename: str) -> str:
    if not Path(filename).is_dir():
        return file_digest(filename)
    files = sorted(Path(filename).glob("*.npy"))
    lines = [f"{file.name} {file_digest(str(file))}" for file in files]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]
