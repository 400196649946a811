"""The Keras layers that encode the raw columns of a table; they become part of the exported model."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from ..texts.text_encoder import encode_texts
from .schema import CategoryColumn, NumberColumn, Schema

CLIP = 10.0
"""Standardised numbers are held within so many deviations, so that an outlier cannot upset a network."""


class TableEncoder:
    """Standard Keras layers from raw columns to one vector, or from a text to a sequence of ids, made once.

    A number becomes its standardised value (the mean where it is missing), a flag for being missing if training rows
    have it missing, and a piecewise linear encoding over its bins (Gorishniy, Rubachev and Babenko, "On embeddings for
    numerical features in tabular deep learning", NeurIPS 2022, section 3.2). A category becomes one-hot; categories
    that are rare or unknown share one place, or are all zeros where training rows have none of them. A text becomes a
    bag of words, or the sequence that is all there is.
    """

    def __init__(self, schema: Schema):
        self._names = schema.inputs.names()
        inputs: list[Any] = []
        outputs: list[Any] = []
        if schema.numbers:
            numbers = _number_inputs(schema)
            inputs += numbers
            outputs += _encode_numbers(schema.numbers, numbers)
        for index, column in enumerate(schema.categories):
            raw = keras.Input((1,), dtype="string", name=f"raw.category_{index}")
            inputs.append(raw)
            outputs.append(_encode_category(column, raw, index))
        for index, text in enumerate(schema.texts):
            raw = keras.Input((1,), dtype="string", name=f"raw.text_{index}")
            inputs.append(raw)
            # Of strings (batch, 1), the layer's symbolic output has an axis more than its values.
            outputs.append(encode_texts(text.plan, ops.squeeze(raw, axis=1), f"text_{index}"))
        # The model's own input names have a dot, which no column's input name has: they cannot clash with a layer.
        self.model = keras.Model(inputs, _joined(outputs, "encoded"), name="encode")

    def __call__(self, inputs: Mapping[str, Any]) -> Any:
        """The encoded tensor (batch, width) float32 of raw inputs by name, or a sequence; see `encode_texts`."""
        return self.model([inputs[name] for name in self._names])


def _number_inputs(schema: Schema) -> list[Any]:
    if schema.inputs.is_grouped:
        return [keras.Input((len(schema.numbers),), name="raw.numbers")]
    return [keras.Input((1,), name=f"raw.number_{index}") for index in range(len(schema.numbers))]


def _joined(tensors: list[Any], name: str) -> Any:
    return layers.Concatenate(name=name)(tensors) if len(tensors) > 1 else tensors[0]


def _encode_numbers(columns: tuple[NumberColumn, ...], inputs: list[Any]) -> list[Any]:
    raw = _joined(inputs, "numbers")
    mean = np.array([column.mean for column in columns])
    variance = np.array([column.variance for column in columns])
    known = ops.isfinite(raw)
    scaled = layers.Normalization(mean=mean, variance=variance, name="standardize")(raw)
    scaled = ops.where(known, scaled, 0.0)
    outputs = [ops.clip(scaled, -CLIP, CLIP)]
    gaps = [index for index, column in enumerate(columns) if column.has_missing]
    if gaps:
        outputs.append(1.0 - ops.cast(ops.take(known, gaps, axis=-1), "float32"))
    # Bins in standardised units: column by column, each bin's component rises from 0 to 1 across the bin.
    deviation = np.sqrt(np.maximum(variance, keras.backend.epsilon() ** 2))
    edges = [(np.array(c.edges) - m) / d for c, m, d in zip(columns, mean, deviation, strict=True)]
    places = [index for index, edge in enumerate(edges) for _ in edge[1:]]
    if places:
        lower = np.concatenate([edge[:-1] for edge in edges])
        width = np.concatenate([np.diff(edge) for edge in edges])
        repeated = ops.take(scaled, places, axis=-1)
        binned = layers.Normalization(mean=lower, variance=width**2, name="bins")(repeated)
        outputs.append(ops.clip(binned, 0.0, 1.0))
    return outputs


def _encode_category(column: CategoryColumn, raw: Any, index: int) -> Any:
    lookup = layers.StringLookup(
        vocabulary=list(column.vocabulary), num_oov_indices=1, output_mode="one_hot", name=f"category_{index}"
    )
    places = ops.cast(lookup(raw), "float32")
    # Without rare values in training, the weights of the unknown ones' place would stay random: better none.
    return places if column.has_others else places[:, 1:]
