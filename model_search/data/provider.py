"""The provider contract: raw examples, what they mean, and the Keras layers that encode them.

A provider yields raw features. The engine encodes them with the provider's own preprocessing, trains on the encoded
tensors, and puts the same preprocessing in front of the exported model, so that predictions take raw input.
"""

import abc
import enum
import functools
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..registry import Registry, place_of

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

    from .layout import Layout


class TaskKind(enum.Enum):
    """What is predicted."""

    CLASSIFICATION = "classification"
    REGRESSION = "regression"
    MULTI_LABEL = "multi_label"
    MULTI_TASK = "multi_task"


@dataclass(frozen=True)
class Task:
    """What is predicted, and how labels are coded.

    Attributes:
      kind: classification (one class an example), regression, multi-label (any number of classes an example), or
        multi-task (several of them on one network).
      target: name of the label, for people.
      classes: class names in the order of their ids (classification, multi-label), else empty.
      target_mean, target_scale: regression labels are trained as (label - mean) / scale; labels that a provider
        yields, metrics and predictions are in the original unit.
      is_per_step: whether each step of a sequence has a label of its own.
      predicts_ahead: whether a step's label can be read off later steps, as the next token can: networks must not see
        them then.
      tasks: the tasks of a multi-task network by `target`, the primary one first; else empty.
    """

    kind: TaskKind
    target: str
    classes: tuple[str, ...] = ()
    target_mean: float = 0.0
    target_scale: float = 1.0
    is_per_step: bool = False
    predicts_ahead: bool = False
    tasks: tuple["Task", ...] = ()

    @property
    def outputs(self) -> int:
        """Width of the logits: classes, or 1 for regression. A multi-task network has logits for each of its tasks."""
        return len(self.classes) or 1


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
    tensors by the names of `signature()`, weights float32 (batch,), mean 1 where nothing else was asked for. Labels by
    the task's kind: int32 class ids (batch,), float32 values (batch,), float32 zeros and ones (batch, classes); with a
    label for each step (batch, time), padded with anything; for several tasks a dict by the tasks' `target`, and the
    weights too. Each dataset has an end. Training data may come in any fixed order; the engine shuffles. Evaluation and
    test data are never training data.

    Attributes:
      task: what is predicted.
      vocabulary_size: where examples are encoded as token ids, 1 + the largest id; 0 stands for padding. Else 0.
      layout: how files of raw input are read for prediction; None where only arrays can be given.
    """

    task: Task
    vocabulary_size: int = 0
    layout: "Layout | None" = None

    @abc.abstractmethod
    def signature(self) -> Mapping[str, Feature]:
        """Raw inputs by name."""

    @abc.abstractmethod
    def encode(self, inputs: Mapping[str, Any]) -> Any:
        """Applies the adapted preprocessing layers to symbolic raw inputs (batch, ...).

        Called whenever a model is put together, always with the same layers: they are made and adapted once.

        Returns:
          One float tensor of fixed shape but for the batch: (batch, features), (batch, height, width, channels), or
          (batch, time, features). Sequences come as a dict of `x` and `lengths`, int32 (batch,), at least 1 and at most
          time; their `x` may be int32 token ids (batch, time) instead, see `vocabulary_size`.
        """

    def augmentation(self) -> "keras.Layer | None":
        """A layer from a batch of encoded features, a tensor or a dict of `x` and `lengths`, to another alike.

        Applied in training alone, inside its graph, anew to each batch. None for no augmentation.
        """
        return None

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
class TaskOptions:
    """One of several tasks on one network.

    Attributes:
      label: column, or key in a dict of labels.
      classes: how many there must be; 1 for regression.
      weight: name of the task's example weights, or empty.
      weight_is_a_feature: whether a Python caller gives those weights among the features or among the labels.
    """

    label: str
    classes: int
    weight: str = ""
    weight_is_a_feature: bool = True


@dataclass(frozen=True)
class DataOptions:
    """How to find and read a data set, as a command or a Python caller gives it.

    Attributes:
      filename: training file, or folder with one folder a class.
      validation_filename, test_filename: held-out data; empty: a split of the training data.
      label: column name or index (from 0, negative from the end), several separated by commas for several labels;
        empty: the last column.
      columns: names for a file without a header.
      types: column name to `number`, `category`, `text` or `ignore`, where inference shall not decide.
      weight: column of example weights.
      class_weight: empty, `balanced`, or `class=weight` pairs separated by commas.
      task: `classification`, `regression`, `multi_label`, or empty to infer.
      delimiter: of a CSV file; empty to infer.
      validation_fraction, test_fraction: of the training data, in (0, 1); used where no file is given.
      image_size: height and width that images are resized to.
      seed: of the split.
      problem_type: the spec's, which says in what form a provider that has several gives its examples: `CNN` plates,
        `DNN` vectors, `RNN_LAST_ACTIVATIONS` and `RNN_ALL_ACTIVATIONS` sequences.
      label_pattern: regular expression with one group, searched in a file's name without folders: the group is its
        label. Empty: the name of the folder is.
      labels_filename: CSV file with labels of files: a column of their names relative to the folder (`file`,
        `filename`, `file_name` or `path`, else the first), with or without extension, and one for each label; it is
        looked for in each folder first. Then `label`, `weight`, `task` and `tasks` mean its columns.
      group_pattern: the same: files with the same group are never in two parts. Empty: each file by itself.
      sample_rate: of sounds in Hz, to which all are resampled; 0 for that of the first file.
      seconds: length of sounds: longer ones are cut, shorter ones padded; 0 for that which covers 95 % of them.
      vocabulary: different tokens of texts that are told apart, at most; 0 for what the provider takes by itself.
      sequence_length: steps of texts and sequences, longer ones are cut; 0 for that which covers 95 % of them.
      tokens: `word` or `character`.
      schema: features of records: name to dtype and shape, such as `float32[28,28]`; empty to infer.
      lengths: name of the feature with the valid steps of each sequence, where the data has one.
      augment: augmentations with their strengths, such as `flip` and `crop:4`.
      tasks: columns or dict entries with the labels of several tasks on one network; empty for one task.
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
    problem_type: str = ""
    label_pattern: str = ""
    labels_filename: str = ""
    group_pattern: str = ""
    sample_rate: int = 0
    seconds: float = 0.0
    vocabulary: int = 0
    sequence_length: int = 0
    tokens: str = "word"
    schema: Mapping[str, str] = field(default_factory=dict)
    lengths: str = ""
    augment: tuple[str, ...] = ()
    tasks: "tuple[TaskOptions, ...]" = ()


ProviderFactory = Callable[[DataOptions], Provider]

providers: Registry[ProviderFactory] = Registry("dataset")


def register_provider(name: str, uses: Collection[str] | None = None) -> Callable[[ProviderFactory], ProviderFactory]:
    """Decorator: registers a callable `(DataOptions) -> Provider` under a name for `--dataset`.

    Args:
      name: what users call it.
      uses: the options that it reads; others are refused when they are set. None: it looks after that itself.
    """

    def register(factory: ProviderFactory) -> ProviderFactory:
        @functools.wraps(factory)
        def checked(options: DataOptions) -> Provider:
            if uses is not None:
                from .option_checks import refuse_others

                refuse_others(options, uses, f"data set {name!r}")
            return factory(options)

        providers.add(name, checked, place_of(factory))
        return factory

    return register
