"""Towers: a chain of blocks as a functional Keras model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras

from ..architecture import Architecture
from ..block import Role, blocks
from ..checked_block import build_checked
from ..errors import BuildError
from .naming import name_operations, new_operations


@dataclass(frozen=True)
class Head:
    """What a tower ends in.

    Attributes:
      outputs: width of the logits.
      has_dense: whether a dense layer makes the logits, or the last block already does.
      has_auxiliary: whether a second logits head stands before the last reduction of the plates.
    """

    outputs: int
    has_dense: bool = True
    has_auxiliary: bool = False


@dataclass(frozen=True)
class Tower:
    """A built tower.

    Attributes:
      model: encoded input to logits (batch, outputs), float32.
      training_model: the same, or to `[logits, auxiliary logits]` where the head has an auxiliary part. It shares
        all layers with `model`.
    """

    model: keras.Model
    training_model: keras.Model

    @property
    def parameters(self) -> int:
        """Number of weights of the model that serves."""
        return int(self.model.count_params())


def block_hyperparameters(hyperparameters: Mapping[str, Any], place: int, name: str) -> dict[str, Any]:
    """What the block at a place asked for, by the block's own names."""
    prefix = f"{place}_{name}/"
    return {key[len(prefix) :]: value for key, value in hyperparameters.items() if key.startswith(prefix)}


def build_tower(
    architecture: Architecture,
    hyperparameters: Mapping[str, Any],
    input_shape: Sequence[int | None],
    head: Head,
    name: str = "tower_0",
) -> Tower:
    """Builds the network of one architecture.

    Args:
      architecture: block names in an order that can be built.
      hyperparameters: of the trial: `dropout_rate` (negative or absent for none) and the blocks' own.
      input_shape: of the encoded input, without the batch.
      head: what comes after the last block.
      name: of the tower: the first part of all its layers' names.

    Raises:
      BuildError: a block or the head cannot be built on what stands before it.
    """
    inputs = keras.Input(tuple(input_shape), name=f"{name}.input")
    tensors = [_fitting(inputs, architecture, name)]
    dropout = float(hyperparameters.get("dropout_rate", -1.0))
    for place, block_name in enumerate(architecture):
        prefix = f"{name}.{place}_{block_name}"
        entry = blocks[block_name]
        own = block_hyperparameters(hyperparameters, place, block_name)
        output = build_checked(entry, entry.create(), tensors, own, None)
        name_operations(new_operations(output, tensors), prefix)
        if dropout > 0 and place < len(architecture) - 1:
            output = keras.layers.Dropout(dropout, name=f"{prefix}.dropout_between")(output)
        tensors.append(output)
    logits = _logits(tensors[-1], head, name)
    model = keras.Model(inputs, logits, name=name)
    if not head.has_auxiliary:
        return Tower(model, model)
    auxiliary = _auxiliary_logits(tensors, head, name)
    return Tower(model, keras.Model(inputs, [logits, auxiliary], name=f"{name}_with_auxiliary"))


def _fitting(inputs: Any, architecture: Architecture, name: str) -> Any:
    """Flattens plates in front of a tower that takes vectors."""
    takes_plates = any(blocks[block].role in (Role.PLATE, Role.FLATTEN) for block in architecture)
    if len(inputs.shape) > 2 and not takes_plates:
        return keras.layers.Flatten(name=f"{name}.flattened_input")(inputs)
    return inputs


def _logits(tensor: Any, head: Head, name: str) -> Any:
    if len(tensor.shape) != 2:
        raise BuildError(f"the last block gives shape {tuple(tensor.shape)}; logits need (batch, features)")
    if head.has_dense:
        return keras.layers.Dense(head.outputs, dtype="float32", name=f"{name}.logits")(tensor)
    if tensor.shape[-1] != head.outputs:
        raise BuildError(f"the last block gives {tensor.shape[-1]} values where the logits need {head.outputs}")
    return keras.layers.Identity(dtype="float32", name=f"{name}.logits")(tensor)


def last_reduction(tensors: Sequence[Any]) -> int:
    """Index of the tensor that goes into the last reduction of the plates, or else into the flatten.

    A reduction makes height or width smaller. `tensors[0]` is the tower's input.
    """
    plates = [index for index, tensor in enumerate(tensors) if len(tensor.shape) == 4]
    for index in reversed(plates[1:]):
        if tuple(tensors[index].shape[1:3]) != tuple(tensors[index - 1].shape[1:3]):
            return index - 1
    return plates[-1]


def _auxiliary_logits(tensors: Sequence[Any], head: Head, name: str) -> Any:
    """Auxiliary classifier on plates: 1x1 convolution, pooled, dense (Szegedy et al. 2015, section 5, made smaller)."""
    layers = keras.layers
    plate = tensors[last_reduction(tensors)]
    hidden = layers.Conv2D(128, 1, activation="relu", name=f"{name}.auxiliary.convolution")(plate)
    pooled = layers.GlobalAveragePooling2D(name=f"{name}.auxiliary.pool")(hidden)
    return layers.Dense(head.outputs, dtype="float32", name=f"{name}.auxiliary.logits")(pooled)
