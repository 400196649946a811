"""The base of providers with named inputs: everything but how the examples are read."""

import abc
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..example_labels import Coded, CodedRows
from ..provider import Description, Feature, Provider
from .augment_arrays import augmentation_of_inputs
from .inputs import Inputs

if TYPE_CHECKING:
    import keras
    import tensorflow as tf


class InputsProvider(Provider):
    """Named inputs of coded examples; subclasses read a part.

    Args:
      inputs: raw inputs and how they are encoded.
      coded: the task, and which examples each part has, with their labels.
      facts, identity: see `Provider`.
      augment: names of augmentations, see `augmentation_of_inputs`.

    Raises:
      UsageError: an augmentation has no meaning for the inputs.
    """

    def __init__(self, inputs: Inputs, coded: Coded, facts: Description, identity: str, augment: Sequence[str] = ()):
        self.task = coded.task
        self.vocabulary_size = inputs.vocabulary_size
        self._inputs = inputs
        self._coded = coded
        self._facts = facts
        self._identity = identity
        self._encoder: Any = None
        self._augment = tuple(augment)
        self.augmentation()

    @abc.abstractmethod
    def _dataset(self, part: CodedRows, rng: np.random.Generator | None = None) -> "tf.data.Dataset":
        """Batches of a part, in the order of the data, or in pieces whose order is drawn."""

    def signature(self) -> Mapping[str, Feature]:
        """Raw inputs by name."""
        return self._inputs.signature()

    def encode(self, inputs: Mapping[str, Any]) -> Any:
        """Applies the layers, which are made at the first call."""
        if self._encoder is None:
            from .input_encoders import InputsEncoder

            self._encoder = InputsEncoder(self._inputs)
        return self._encoder(inputs)

    def augmentation(self) -> "keras.Layer | None":
        """What was asked for, with generators of its own at each call."""
        return augmentation_of_inputs(self._inputs, self._augment)

    def train(self) -> "tf.data.Dataset":
        """Training batches, in the order of the data."""
        return self._dataset(self._coded.parts[0])

    def shuffled_train(self, seed: int) -> "tf.data.Dataset":
        """Training batches in an order of the seed; examples of one batch are neighbours in the data."""
        return self._dataset(self._coded.parts[0], np.random.default_rng(seed))

    def evaluation(self) -> "tf.data.Dataset":
        """Batches that trials are ranked by."""
        return self._dataset(self._coded.parts[1])

    def test(self) -> "tf.data.Dataset | None":
        """Batches that are scored once at the end."""
        return self._dataset(self._coded.parts[2]) if self._coded.parts[2] else None

    def describe(self) -> Description:
        """What was inferred."""
        return self._facts

    def identity(self) -> str:
        """A line that changes with data, split or preprocessing."""
        return self._identity
