"""Images (or other plates) in memory: arrays of rank 4."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ..errors import UsageError
from .memory import MemoryProvider, Part, Parts
from .provider import Column, DataOptions, Feature
from .table_inputs import TableInputs
from .tabular import PartCoder, Table, TableSource, describe, identity_of, prepare

INPUT = "image"
LABEL = "label"
WEIGHT = "weight"


@dataclass(frozen=True)
class Plates:
    """Images (n, height, width, channels), labels (n,), weights (n,) or None, and where they are from."""

    images: np.ndarray
    labels: np.ndarray
    weights: np.ndarray | None
    source: str

    def table(self) -> Table:
        """Labels and weights as a table, indexed by the position of the image."""
        columns = {LABEL: self.labels} | ({WEIGHT: self.weights} if self.weights is not None else {})
        return Table.of(pd.DataFrame(columns), self.source)


def plates_provider(
    train: Plates, evaluation: Plates | None, test: Plates | None, options: DataOptions
) -> MemoryProvider:
    """A provider whose one input is `image`.

    Bytes (uint8) are rescaled from 0..255 to [-1, 1]; other numbers are standardised by channel, with statistics of
    the training images.

    Raises:
      UsageError: pixels are not finite, or labels do not make a task.
    """
    for plates in (train, evaluation, test):
        if plates is not None and not np.isfinite(plates.images).all():
            raise UsageError(f"{plates.source}: images hold values that are not finite")
    tables = [plates.table() if plates else None for plates in (train, evaluation, test)]
    assert tables[0] is not None
    ready = prepare(TableSource(tables[0], tables[1], tables[2]), LABEL, options)
    weight = WEIGHT if train.weights is not None else ""
    coder = PartCoder.fit(TableInputs(()), ready.task, ready.train, weight, options.class_weight)

    def part(table: Table, plates: Plates, training: bool = False) -> Part:
        plain = coder if WEIGHT in table.frame.columns else replace(coder, weight="", weight_scale=1.0)
        return replace(plain.part(table, training), features={INPUT: plates.images[table.frame.index.to_numpy()]})

    parts = Parts(
        part(ready.train, train, training=True),
        part(ready.evaluation, evaluation or train),
        part(ready.test, test or train) if ready.test else None,
    )
    shape = tuple(int(size) for size in train.images.shape[1:])
    column = Column(INPUT, "image", f"{'x'.join(map(str, shape))} {train.images.dtype}")
    facts = describe((column,), coder.task, weight, parts, ready.notes)
    identity = identity_of("+".join(_digest(p) for p in (train, evaluation, test) if p), options, facts)
    dtype = train.images.dtype.name if train.images.dtype == np.uint8 else "float32"
    scale = _scaler(parts.train.features[INPUT])
    return MemoryProvider(coder.task, {INPUT: Feature(dtype, shape)}, scale, parts, facts, identity)


def _scaler(images: np.ndarray) -> Callable[[], Callable[[Mapping[str, Any]], Any]]:
    def make() -> Callable[[Mapping[str, Any]], Any]:
        from keras import layers

        if images.dtype == np.uint8:
            layer = layers.Rescaling(1 / 127.5, offset=-1.0, name="encode")
        else:
            mean, variance = images.mean(axis=(0, 1, 2), dtype=np.float64), images.var(axis=(0, 1, 2), dtype=np.float64)
            variance[variance == 0] = 1.0
            layer = layers.Normalization(axis=-1, mean=mean, variance=variance, name="encode")
        return lambda inputs: layer(inputs[INPUT])

    return make


def _digest(plates: Plates) -> str:
    digest = hashlib.sha256(np.ascontiguousarray(plates.images).tobytes())
    digest.update(repr([str(label) for label in plates.labels.tolist()]).encode())
    return digest.hexdigest()[:16]
