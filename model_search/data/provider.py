"""The provider contract: raw examples, what they mean, and the Keras layers that encode them.

A provider yields raw features. The engine encodes them with the provider's own preprocessing, trains on the encoded
tensors, and puts the same preprocessing in front of the exported model, so that predictions take raw input.
"""

import abc
import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..registry import Registry, place_of

if TYPE_CHECKING:
    import tensorflow as tf


class TaskKind(enum.Enum):
    """What is predicted."""

    CLASSIFICATION = "classification"
    REGRESSION = "regression"


@dataclass(frozen=True)
class Task:
    """What is predicted, and how labels are coded.

    Attributes:
      kind: classification or regression.
      target: name of the label, for people.
      classes: class names in the order of their ids (classification), else empty.
      target_mean, target_scale: regression labels are trained as (label - mean) / scale; labels that a provider
        yields, metrics and predictions are in the original unit.
    """

    kind: TaskKind
    target: str
    classes: tuple[str, ...] = ()
    target_mean: float = 0.0
    target_scale: float = 1.0

    @property
    def outputs(self) -> int:
        """Width of the logits: classes, or 1 for regression."""
        return len(self.classes) if self.kind is TaskKind.CLASSIFICATION else 1


@dataclass(frozen=True)
class Feature:
    """One raw input.

    Attributes:
      dtype: Keras dtype name: `float32`, `int64`, `uint8`, `string`.
      shape: without the batch; None for a size that varies.
    """

    dtype: str
    shape: tuple[int | None, ...]


@dataclass(frozen=True)
class Column:
    """One line of what a provider inferred, for `model_search check`: a name, a kind, and details in words."""

    name: str
    kind: str
    detail: str


@dataclass(frozen=True)
class Description:
    """What a provider inferred: sizes (None where only a full pass would tell), columns, and notes of what was odd."""

    train_examples: int | None
    evaluation_examples: int | None
    test_examples: int | None
    columns: tuple[Column, ...]
    notes: tuple[str, ...] = ()
    label_counts: Mapping[str, int] = field(default_factory=dict)


class Provider(abc.ABC):
    """Where examples come from.

    Datasets yield batches of any size (the engine batches again): `(features, labels, weights)`, features a dict of raw
    tensors by the names of `signature()`, labels int32 class ids (batch,) or float32 values (batch,), weights
    float32 (batch,), mean 1 where nothing else was asked for. Each has an end. Training data may come in any fixed
    order; the engine shuffles. Evaluation and test data are never training data.
    """

    task: Task

    @abc.abstractmethod
    def signature(self) -> Mapping[str, Feature]:
        """Raw inputs by name."""

    @abc.abstractmethod
    def encode(self, inputs: Mapping[str, Any]) -> Any:
        """Applies the adapted preprocessing layers to symbolic raw inputs (batch, ...); gives one float tensor.

        Called whenever a model is put together, always with the same layers: they are made and adapted once.
        """

    @abc.abstractmethod
    def train(self) -> "tf.data.Dataset":
        """Training batches."""

    def shuffled_train(self, seed: int) -> "tf.data.Dataset":
        """Training batches of one pass in an order of the seed, where that is cheap; else as `train`.

        Asked for when training data are streamed; the engine shuffles within a buffer besides.
        """
        del seed
        return self.train()

    @abc.abstractmethod
    def evaluation(self) -> "tf.data.Dataset":
        """Batches that trials are ranked by."""

    @abc.abstractmethod
    def test(self) -> "tf.data.Dataset | None":
        """Batches that are scored once at the end and never selected by; None where there are none."""

    @abc.abstractmethod
    def describe(self) -> Description:
        """What was inferred."""

    @abc.abstractmethod
    def identity(self) -> str:
        """A line that changes whenever the data, their split or their preprocessing do: a resumed study must match."""


@dataclass(frozen=True)
class DataOptions:
    """How to find and read a data set, as a command or a Python caller gives it.

    Attributes:
      filename: training file, or folder with one folder a class.
      validation_filename, test_filename: held-out data; empty: a split of the training data.
      label: column name or index (from 0, negative from the end); empty: the last column.
      columns: names for a file without a header.
      types: column name to `number`, `category`, `text` or `ignore`, where inference shall not decide.
      weight: column of example weights.
      class_weight: empty, `balanced`, or `class=weight` pairs separated by commas.
      task: `classification`, `regression`, or empty to infer.
      delimiter: of a CSV file; empty to infer.
      validation_fraction, test_fraction: of the training data, in (0, 1); used where no file is given.
      image_size: height and width that images are resized to.
      seed: of the split.
    """

    filename: str = ""
    validation_filename: str = ""
    test_filename: str = ""
    label: str = ""
    columns: tuple[str, ...] = ()
    types: Mapping[str, str] = field(default_factory=dict)
    weight: str = ""
    class_weight: str = ""
    task: str = ""
    delimiter: str = ""
    validation_fraction: float = 0.2
    test_fraction: float = 0.0
    image_size: tuple[int, int] = (32, 32)
    seed: int = 0


ProviderFactory = Callable[[DataOptions], Provider]

providers: Registry[ProviderFactory] = Registry("dataset")


def register_provider(name: str) -> Callable[[ProviderFactory], ProviderFactory]:
    """Decorator: registers a callable `(DataOptions) -> Provider` under a name for `--dataset`."""

    def register(factory: ProviderFactory) -> ProviderFactory:
        providers.add(name, factory, place_of(factory))
        return factory

    return register
