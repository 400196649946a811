"""A provider whose examples are arrays in memory."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .provider import Description, Feature, Provider, Task
from .trees import Tree, count

if TYPE_CHECKING:
    import tensorflow as tf

BATCH = 4096


@dataclass(frozen=True)
class Part:
    """Examples: raw inputs by name (rows, ...), labels and weights as `Provider` has them, for all rows."""

    features: Mapping[str, np.ndarray]
    labels: Tree
    weights: Tree

    def __len__(self) -> int:
        return count(self.labels)

    def dataset(self) -> "tf.data.Dataset":
        """Batches in order."""
        import tensorflow as tf

        return tf.data.Dataset.from_tensor_slices((dict(self.features), self.labels, self.weights)).batch(BATCH)


@dataclass(frozen=True)
class Parts:
    """Training, evaluation and test examples."""

    train: Part
    evaluation: Part
    test: Part | None


class MemoryProvider(Provider):
    """Arrays in memory and what encodes them.

    Args:
      task: what is predicted.
      features: raw inputs by name.
      make_encoder: makes, once and when first asked, the function from symbolic raw inputs to the encoded tensor.
      parts: the examples.
      description, identity: see `Provider`.
    """

    def __init__(
        self,
        task: Task,
        features: Mapping[str, Feature],
        make_encoder: Callable[[], Callable[[Mapping[str, Any]], Any]],
        parts: Parts,
        description: Description,
        identity: str,
    ):
        self.task = task
        self._features = dict(features)
        self._make_encoder = make_encoder
        self._encoder: Callable[[Mapping[str, Any]], Any] | None = None
        self._parts = parts
        self._description = description
        self._identity = identity

    def signature(self) -> Mapping[str, Feature]:
        """Raw inputs by name."""
        return self._features

    def encode(self, inputs: Mapping[str, Any]) -> Any:
        """Applies the layers, which are made at the first call."""
        if self._encoder is None:
            self._encoder = self._make_encoder()
        return self._encoder(inputs)

    def train(self) -> "tf.data.Dataset":
        """Training batches, in the order of the rows."""
        return self._parts.train.dataset()

    def evaluation(self) -> "tf.data.Dataset":
        """Batches that trials are ranked by."""
        return self._parts.evaluation.dataset()

    def test(self) -> "tf.data.Dataset | None":
        """Batches that are scored once at the end."""
        return self._parts.test.dataset() if self._parts.test is not None else None

    def describe(self) -> Description:
        """What was inferred."""
        return self._description

    def identity(self) -> str:
        """A line that changes with data, split or preprocessing."""
        return self._identity
