"""Training and held-out examples as one training set."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .provider import Description, Feature, Provider

if TYPE_CHECKING:
    import keras
    import tensorflow as tf


class JoinedProvider(Provider):
    """A provider whose training data are another's training and evaluation data, encoded as the other encodes them.

    For the last training of a network that has been chosen: its `evaluation()` is training data too and says nothing.
    """

    def __init__(self, provider: Provider):
        self._provider = provider
        self.task = provider.task
        self.vocabulary_size = provider.vocabulary_size
        self.layout = provider.layout

    def signature(self) -> Mapping[str, Feature]:
        """As the other's."""
        return self._provider.signature()

    def encode(self, inputs: Mapping[str, Any]) -> Any:
        """With the other's layers, which know the training data alone."""
        return self._provider.encode(inputs)

    def augmentation(self) -> "keras.Layer | None":
        """As the other's."""
        return self._provider.augmentation()

    def train(self) -> "tf.data.Dataset":
        """Training and then evaluation batches."""
        return self._provider.train().concatenate(self._provider.evaluation())

    def shuffled_train(self, seed: int) -> "tf.data.Dataset":
        """Batches of both in turn, more of what there is more of."""
        import tensorflow as tf

        facts = self._provider.describe()
        sizes = [facts.train_examples or 4.0, facts.evaluation_examples or 1.0]
        both = [self._provider.shuffled_train(seed), self._provider.evaluation()]
        shares = [size / sum(sizes) for size in sizes]
        return tf.data.Dataset.sample_from_datasets(both, shares, seed=seed)

    def evaluation(self) -> "tf.data.Dataset":
        """As the other's."""
        return self._provider.evaluation()

    def test(self) -> "tf.data.Dataset | None":
        """As the other's."""
        return self._provider.test()

    def describe(self) -> Description:
        """As the other's, the sizes added."""
        facts = self._provider.describe()
        sizes = (facts.train_examples, facts.evaluation_examples)
        total = None if None in sizes else sum(size or 0 for size in sizes)
        return replace(facts, train_examples=total)

    def identity(self) -> str:
        """The other's, marked."""
        return f"joined {self._provider.identity()}"
