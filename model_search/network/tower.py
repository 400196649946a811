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


@dataclass(frozen=True)
class Inputs:
    """Symbolic inputs of a model.

    Attributes:
      of_model: what the model takes: the tensor `x`, or a dict of `x` and `lengths`.
      x, lengths: the tensors; `lengths` is None where examples are no sequences.
      embedded: the first tensor of all towers where they share the embedding of token ids; None: each has its own.
    """

    of_model: Any
    x: Any
    lengths: Any = None
    embedded: Any = None


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
    inputs: "Inputs | None" = None,
) -> Tower:
    """Builds the network of one architecture.

    Args:
      architecture: block names in an order that can be built.
      hyperparameters: of the trial: `dropout_rate` (negative or absent for none) and the blocks' own.
      encoding: of the input.
      head: what comes after the last block.
      embedding_size: width of the vectors that stand for token ids.
      name: of the tower: the first part of all its layers' names.
      inputs: of a model that the tower is to be a part of; by default its own.

    Raises:
      BuildError: a block or the head cannot be built on what stands before it.
    """
    given = inputs_of(encoding, name) if inputs is None else inputs
    first = given.embedded if given.embedded is not None else embedded(given, encoding, embedding_size, name)
    lengths, inputs_by_name = given.lengths, given.of_model
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
    model = keras.Model(inputs_by_name, logits, name=name)
    if not head.has_auxiliary:
        return Tower(model, model, tuple(passed))
    auxiliary = auxiliary_outputs(tensors, head, name)
    return Tower(model, keras.Model(inputs_by_name, [logits, auxiliary], name=f"{name}_with_auxiliary"), tuple(passed))


def inputs_of(encoding: Encoding, name: str) -> Inputs:
    """Fresh inputs of a model of this name."""
    dtype = "int32" if encoding.vocabulary_size else None
    # Keras wants inputs that come as a dict to be called by its keys.
    x = keras.Input(encoding.shape, dtype=dtype, name="x" if encoding.has_lengths else f"{name}.input")
    if not encoding.has_lengths:
        return Inputs(x, x)
    lengths = keras.Input((), dtype="int32", name="lengths")
    return Inputs({"x": x, "lengths": lengths}, x, lengths)


def embedded(inputs: Inputs, encoding: Encoding, embedding_size: int, name: str) -> Any:
    """The first tensor of a tower: vectors for token ids, else the input itself."""
    if not encoding.vocabulary_size:
        return inputs.x
    # Keras' own start within 0.05 is so small beside the recurrent state that words are told apart late: a GRU over
    # words stayed at the unigram perplexity for three passes over a book, and left it in the first one with this.
    embedding = keras.layers.Embedding(
        encoding.vocabulary_size,
        embedding_size,
        embeddings_initializer=keras.initializers.RandomNormal(stddev=1.0),
        name=f"{name}.input_embedding",
    )
    return embedding(inputs.x)


def _fitting(inputs: Any, architecture: Architecture, name: str) -> Any:
    """Flattens plates in front of a tower that takes vectors."""
    roles = {blocks[block].role for block in architecture}
    if len(inputs.shape) > 2 and roles <= {Role.VECTOR, Role.ANY}:
        return keras.layers.Flatten(name=f"{name}.flattened_input")(inputs)
    return inputs
