"""Raw input to predict from: CSV files, folders of images and `.npz` archives, read by a model's signature."""

import os
import zipfile
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from ..errors import UsageError
from .csv_file import CsvFile, require_file
from .csv_layout import Layout
from .image_files import image_paths, is_image_name
from .provider import Feature
from .signature import ModelSignature
from .tabular import TableLayout

BATCH = 1024

IMAGE_BATCH = 64

Batches = Iterator[tuple[list[str], dict[str, np.ndarray]]]
"""Ids (row numbers or file names) and raw inputs by name, (batch, ...) each, as `keras.Model.predict` takes them."""


def read_features(filename: str, signature: ModelSignature, on_skipped: Callable[[str], None] | None = None) -> Batches:
    """Raw input for a model, in batches; errors of the whole file are raised before the first one.

    A folder or an image gives images, an `.npz` archive its arrays by input name, and any other file is a CSV.

    Args:
      filename: file or folder.
      signature: of the model.
      on_skipped: called once with the path of each image that cannot be read, which the batches then lack.

    Raises:
      UsageError: the file is missing or malformed, no image can be read, or it does not hold what the model reads.
    """
    if os.path.isdir(filename) or is_image_name(filename):
        return _images(filename, signature, on_skipped)
    path = require_file(filename)
    if path.suffix == ".npz":
        return _archive(filename, signature)
    if signature.table is None:
        raise UsageError(f"{filename}: the model reads {_inputs(signature)}; give a folder of images or an .npz file")
    return _rows(filename, signature.table)


def _inputs(signature: ModelSignature) -> str:
    return ", ".join(f"{name} {f.dtype}{list(f.shape)}" for name, f in signature.inputs.items())


def _rows(filename: str, table: TableLayout) -> Batches:
    """Rows of a CSV file, with or without the columns that the model does not read."""
    used = {*table.inputs.numbers, *table.inputs.categories}
    spare = [name for name in table.columns if name not in used]
    layout = Layout(table.delimiter, table.has_header, table.columns)
    aside = [name for name in (table.label, table.weight) if name]
    file = CsvFile.open_like(filename, layout, spare, (spare, aside, [table.label]))

    def batches() -> Batches:
        for frame in file.chunks(BATCH):
            features = table.inputs.arrays(frame, filename)
            yield [str(row) for row in frame.index], {name: _flat(array) for name, array in features.items()}

    return batches()


def _flat(array: np.ndarray) -> np.ndarray:
    """(rows, 1) as (rows,): `keras.Model.predict` takes str only of rank 1, and only beside others of rank 1."""
    return array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array


def _images(filename: str, signature: ModelSignature, on_skipped: Callable[[str], None] | None) -> Batches:
    if len(signature.inputs) != 1:
        raise UsageError(f"{filename} holds images; the model reads {_inputs(signature)}")
    name, feature = next(iter(signature.inputs.items()))
    if len(feature.shape) != 3 or feature.dtype != "uint8" or signature.image_size is None:
        raise UsageError(f"{filename} holds images; the model reads {_inputs(signature)}")
    paths = image_paths(filename) if os.path.isdir(filename) else [str(require_file(filename))]
    root = filename if os.path.isdir(filename) else os.path.dirname(filename)
    return _decoded(paths, root, name, signature.image_size, on_skipped)


def _decoded(
    paths: list[str], root: str, name: str, size: tuple[int, int], on_skipped: Callable[[str], None] | None
) -> Batches:
    """Decoded images; a file that is no image is reported and left out (its id is missing from the batches)."""
    from .image_decoding import decoded_files

    found = 0
    for start in range(0, len(paths), IMAGE_BATCH):
        chosen = paths[start : start + IMAGE_BATCH]
        places, images = decoded_files(chosen, size)
        found += len(places)
        for place in sorted(set(range(len(chosen))) - set(places)):
            if on_skipped:
                on_skipped(chosen[place])
        if len(places):
            yield [os.path.relpath(chosen[place], root or ".") for place in places], {name: images}
    if not found:
        raise UsageError(f"none of the {len(paths)} images can be read, such as {paths[0]}")


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

    def batches() -> Batches:
        for start in range(0, next(iter(lengths.values())), BATCH):
            rows = slice(start, start + BATCH)
            batch = {name: array[rows] for name, array in features.items()}
            yield [str(start + place) for place in range(len(next(iter(batch.values()))))], batch

    return batches()


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
        return _flat(array.astype(str).astype(object))
    if array.dtype.kind not in "fiub":
        raise UsageError(f"{filename}: array {name!r} has dtype {array.dtype}; expected {feature.dtype}")
    return _flat(array.astype(feature.dtype))


def _shape(feature: Feature) -> str:
    return ", ".join("any" if size is None else str(size) for size in feature.shape)
