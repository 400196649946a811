"""The Keras layers that encode several raw inputs to one tensor; they become part of the exported model."""

from collections.abc import Mapping
from typing import Any

import keras
from keras import layers, ops

from ..images.image_encoder import ImageEncoder
from ..tables.table_encoder import CLIP, TableEncoder
from .inputs import LENGTHS, ArrayInput, Form, Inputs, Kind


class InputsEncoder:
    """Standard Keras layers from raw inputs to the encoded tensor, made once.

    Numbers and features of steps are standardised, with the mean where a value is not finite; bytes of images go to
    [-1, 1]; columns are encoded as tables are. Inputs of lower rank than the highest are repeated at each step, or
    are channels of the same value all over a plate; inputs of the same rank are joined in their last axis. Steps behind
    the end of a sequence are zeros. A vector is what all inputs give, flattened, one behind the other.
    """

    def __init__(self, inputs: Inputs):
        self._names = list(inputs.signature())
        raw = {
            name: keras.Input(feature.shape, dtype=feature.dtype, name=f"raw.input_{place}")
            for place, (name, feature) in enumerate(inputs.signature().items())
        }
        lengths = _lengths(inputs, raw)
        if inputs.vocabulary_size:
            given = inputs.arrays[0]
            encoded: Any = {"x": _ids(given, raw[given.name], inputs.steps), "lengths": lengths}
        else:
            joined = _join(inputs, _encoded(inputs, raw, lengths))
            encoded = {"x": _without_padding(joined, lengths), "lengths": lengths} if _is_timed(inputs) else joined
        self.model = keras.Model(list(raw.values()), encoded, name="encode_inputs")

    def __call__(self, inputs: Mapping[str, Any]) -> Any:
        """The encoded tensor, or for sequences `x` and `lengths`, of raw inputs by name."""
        return self.model([inputs[name] for name in self._names])


def _is_timed(inputs: Inputs) -> bool:
    return inputs.form is Form.SEQUENCE


def _lengths(inputs: Inputs, raw: Mapping[str, Any]) -> Any:
    """Valid steps int32 (batch,): as given, up to the last id that is no padding, or all."""
    timed = [given for given in inputs.arrays if given.kind in (Kind.SEQUENCE, Kind.TOKENS)]
    if not timed:
        return None
    if inputs.lengths:
        return ops.clip(ops.squeeze(raw[LENGTHS], axis=-1), 1, inputs.steps)
    first = next((given for given in timed if given.kind is Kind.SEQUENCE), timed[0])
    ids = raw[first.name]
    if first.kind is Kind.SEQUENCE:
        blank = ops.zeros_like(ids[:, 0, 0] if len(first.feature.shape) == 2 else ids[:, 0], dtype="int32")
        return blank + inputs.steps
    present = ops.cast(ops.not_equal(ids[:, : inputs.steps], 0), "int32")
    return ops.maximum(ops.max(present * ops.arange(1, inputs.steps + 1, dtype="int32"), axis=1), 1)


def _ids(given: ArrayInput, raw: Any, steps: int) -> Any:
    """Ids (batch, steps) int32; those that training data have not are padding."""
    ids = raw[:, :steps]
    return ops.where(ops.logical_and(ops.greater_equal(ids, 0), ops.less(ids, given.vocabulary)), ids, 0)


def _encoded(inputs: Inputs, raw: Mapping[str, Any], lengths: Any) -> list[Any]:
    """Each input by itself: (batch, width), (batch, time, features) or (batch, height, width, channels)."""
    tensors = []
    if inputs.table:
        tensors.append(TableEncoder(inputs.table)(raw))
    for place, given in enumerate(inputs.arrays):
        tensor = raw[given.name]
        if given.kind is Kind.TOKENS:
            ids = _ids(given, tensor, inputs.steps)
            tensors.append(ops.one_hot(ids, given.vocabulary, dtype="float32"))
        elif given.kind is Kind.SEQUENCE:
            tensor = tensor if len(given.feature.shape) == 2 else ops.expand_dims(tensor, -1)
            scaled = _standardised(tensor[:, : inputs.steps], given, place)
            tensors.append(_without_padding(scaled, lengths))
        elif given.kind is Kind.PLATE:
            tensors.append(_plate(given, tensor, place))
        else:
            tensors.append(_standardised(tensor, given, place))
    return tensors


def _plate(given: ArrayInput, tensor: Any, place: int) -> Any:
    if given.size:
        return ImageEncoder(given.size)(tensor)
    tensor = tensor if len(given.feature.shape) == 3 else ops.expand_dims(tensor, -1)
    if given.feature.dtype == "uint8":
        return layers.Rescaling(1 / 127.5, offset=-1.0, name=f"rescale_{place}")(tensor)
    return layers.Normalization(axis=-1, mean=given.mean, variance=given.variance, name=f"standardize_{place}")(tensor)


def _standardised(tensor: Any, given: ArrayInput, place: int) -> Any:
    layer = layers.Normalization(axis=-1, mean=given.mean, variance=given.variance, name=f"standardize_{place}")
    return ops.clip(ops.where(ops.isfinite(tensor), layer(tensor), 0.0), -CLIP, CLIP)


def _without_padding(tensor: Any, lengths: Any) -> Any:
    valid = ops.less(ops.arange(tensor.shape[1], dtype="int32"), ops.expand_dims(lengths, 1))
    return ops.where(ops.expand_dims(valid, 2), tensor, 0.0)


def _join(inputs: Inputs, tensors: list[Any]) -> Any:
    if inputs.form is Form.VECTOR:
        tensors = [layers.Flatten()(tensor) if len(tensor.shape) > 2 else tensor for tensor in tensors]
    shape = max((tensor.shape[1:-1] for tensor in tensors), key=len)
    wide = [_repeated(tensor, shape) if len(tensor.shape) == 2 and shape else tensor for tensor in tensors]
    return layers.Concatenate(name="joined")(wide) if len(wide) > 1 else wide[0]


def _repeated(vector: Any, shape: tuple[int, ...]) -> Any:
    """The vector at each step, or at each place of a plate."""
    count = 1
    for size in shape:
        count *= size
    return layers.Reshape((*shape, vector.shape[-1]))(layers.RepeatVector(count)(vector))
