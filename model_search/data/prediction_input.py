"""Raw input to predict from: files as a model's signature says, and `.npz` archives."""

import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..errors import UsageError
from .arrays.input_statistics import check_lengths
from .arrays.inputs import LENGTHS
from .layout import Batches
from .provider import Feature
from .signature import ModelSignature
from .tables.csv_file import require_file
from .tables.table_layout import flat

BATCH = 1024


def read_features(filename: str, signature: ModelSignature, on_skipped: Callable[[str], None] | None = None) -> Batches:
    """Raw input for a model, in batches; errors of the whole file are raised before the first one.

    An `.npz` archive gives its arrays by input name; anything else is read as the model's layout says.

    Args:
      filename: file or folder.
      signature: of the model.
      on_skipped: called once with the path of each file that cannot be read, which the batches then lack.

    Raises:
      UsageError: the file is missing or malformed, nothing can be read, or it does not hold what the model reads.
    """
    if filename.endswith(".npz"):
        require_file(filename)
        return _archive(filename, signature)
    if signature.layout is None:
        raise UsageError(f"{filename}: the model reads {_inputs(signature)}; give an .npz file")
    return signature.layout.read(filename, on_skipped)


def _inputs(signature: ModelSignature) -> str:
    return ", ".join(f"{name} {f.dtype}{list(f.shape)}" for name, f in signature.inputs.items())


def _archive(filename: str, signature: ModelSignature) -> Batches:
    try:
        with np.load(filename, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except (ValueError, OSError, zipfile.BadZipFile) as error:
        raise UsageError(f"{filename} is not an .npz file of plain arrays: {str(error).splitlines()[0]}") from None
    if len(arrays) == 1 == len(signature.inputs):
        arrays = {next(iter(signature.inputs)): next(iter(arrays.values()))}
    features = {name: _checked(arrays, name, f, filename) for name, f in signature.inputs.items()}
    lengths = {name: len(array) for name, array in features.items()}
    if len(set(lengths.values())) > 1:
        raise UsageError(f"{filename}: arrays differ in length: {lengths}")
    _check_steps(features, signature, filename)

    def batches() -> Batches:
        for start in range(0, next(iter(lengths.values())), BATCH):
            rows = slice(start, start + BATCH)
            batch = {name: array[rows] for name, array in features.items()}
            yield [str(start + place) for place in range(len(next(iter(batch.values()))))], batch

    return batches()


def _check_steps(features: Mapping[str, np.ndarray], signature: ModelSignature, filename: str) -> None:
    """Refuses lengths of sequences beyond their steps, which training refuses too."""
    if LENGTHS not in signature.inputs:
        return
    timed = [n for n, f in signature.inputs.items() if len(f.shape) == 2 or (f.dtype == "int32" and f.shape != (1,))]
    for name in timed:
        check_lengths(features[LENGTHS], features[name].shape[1], filename)


def _checked(arrays: Mapping[str, Any], name: str, feature: Feature, filename: str) -> np.ndarray:
    if name not in arrays:
        raise UsageError(f"{filename} has no array {name!r}; it has {', '.join(sorted(arrays)) or 'none'}")
    array = arrays[name]
    if feature.shape == (1,) and array.ndim == 1:
        array = array[:, None]
    fits = array.ndim == len(feature.shape) + 1 and all(
        wanted in (None, found) for wanted, found in zip(feature.shape, array.shape[1:], strict=True)
    )
    if not fits:
        raise UsageError(f"{filename}: array {name!r} has shape {array.shape}; expected (rows, {_shape(feature)})")
    if feature.dtype == "string":
        return flat(array.astype(str).astype(object))
    if array.dtype.kind not in "fiub":
        raise UsageError(f"{filename}: array {name!r} has dtype {array.dtype}; expected {feature.dtype}")
    return flat(array.astype(feature.dtype))


def _shape(feature: Feature) -> str:
    return ", ".join("any" if size is None else str(size) for size in feature.shape)
