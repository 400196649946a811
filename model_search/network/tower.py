"""Towers: a chain of blocks as a functional Keras model."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras

from ..architecture import Architecture
from ..block import Role, blocks
from ..data.encoding import Encoding
from .heads import Head, auxiliary_outputs, outputs_of
from .placing import named_block


@dataclass(frozen=True)
class Tower:
    """A built tower.

    Attributes:
      model: encoded input to logits, float32: (batch, outputs), (batch, time, outputs) for labels of steps, a dict of
        them by task. The input is a tensor, or a dict of `x` and `lengths`.
      training_model: the same, or to `[logits, auxiliary logits]` where the head has an auxiliary part. It shares
        all layers with `model`.
      passed: places of blocks that passed their input through: without them the network is the same.
    """

    model: keras.Model
    training_model: keras.Model
    passed: tuple[int, ...] = ()

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
    encoding: Encoding,
    head: Head,
    embedding_size: int = 64,
    name: str = "tower_0",
) -> Tower:
    """Builds the network of one architecture.

    Args:
      architecture: block names in an order that can be built.
      hyperparameters: of the trial: `dropout_rate` (negative or absent for none) and the blocks' own.
      encoding: of the input.
      head: what comes after the last block.
      embedding_size: width of the vectors that stand for token ids.
      name: of the tower: the first part of all its layers' names.

    Raises:
      BuildError: a block or the head cannot be built on what stands before it.
    """
    inputs, first, lengths = _inputs(encoding, embedding_size, name)
    tensors = [_fitting(first, architecture, name)]
    dropout = float(hyperparameters.get("dropout_rate", -1.0))
    passed = []
    for place, block_name in enumerate(architecture):
        prefix = f"{name}.{place}_{block_name}"
        own = block_hyperparameters(hyperparameters, place, block_name)
        output = named_block(block_name, tensors, own, lengths, prefix)
        if dropout > 0 and place < len(architecture) - 1:
            output = keras.layers.Dropout(dropout, name=f"{prefix}.dropout_between")(output)
        if output is tensors[-1]:
            passed.append(place)
        tensors.append(output)
    logits = outputs_of(tensors[-1], head, lengths, name)
    model = keras.Model(inputs, logits, name=name)
    if not head.has_auxiliary:
        return Tower(model, model, tuple(passed))
    auxiliary = auxiliary_outputs(tensors, head, name)
    return Tower(model, keras.Model(inputs, [logits, auxiliary], name=f"{name}_with_auxiliary"), tuple(passed))


def _inputs(encoding: Encoding, embedding_size: int, name: str) -> tuple[Any, Any, Any]:
    """The model's input, the first tensor of the tower, and the lengths (None for none)."""
    dtype = "int32" if encoding.vocabulary_size else None
    # Keras wants inputs that come as a dict to be called by its keys.
    x = keras.Input(encoding.shape, dtype=dtype, name="x" if encoding.has_lengths else f"{name}.input")
    first = x
    if encoding.vocabulary_size:
        # Keras' own start within 0.05 is so small beside the recurrent state that words are told apart late: a GRU over
        # words stayed at the unigram perplexity for three passes over a book, and left it in the first one with this.
        embedding = keras.layers.Embedding(
            encoding.vocabulary_size,
            embedding_size,
            embeddings_initializer=keras.initializers.RandomNormal(stddev=1.0),
            name=f"{name}.input_embedding",
        )
        first = embedding(x)
    if not encoding.has_lengths:
        return x, first, None
    lengths = keras.Input((), dtype="int32", name="lengths")
    return {"x": x, "lengths": lengths}, first, lengths


def _fitting(inputs: Any, architecture: Architecture, name: str) -> Any:
    """Flattens plates in front of a tower that takes vectors."""
    roles = {blocks[block].role for block in architecture}
    if len(inputs.shape) > 2 and roles <= {Role.VECTOR, Role.ANY}:
        return keras.layers.Flatten(name=f"{name}.flattened_input")(inputs)
    return inputs
