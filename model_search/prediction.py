"""Predictions of an exported model for files of raw input."""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from . import files
from .data.prediction_input import read_features
from .data.provider import Feature, Task, TaskKind
from .data.signature import ModelSignature, from_json
from .data.texts.text_tokens import UNKNOWN
from .data.trees import mapped
from .errors import UsageError
from .model_dir import SIGNATURE_FILE
from .model_file import load_model

Served = Callable[[Mapping[str, Any]], Any]


@dataclass(frozen=True)
class Predictor:
    """An exported model with what is needed to read raw input for it."""

    serve: Served
    signature: ModelSignature

    @property
    def columns(self) -> list[str]:
        """Header of the predictions: `id`, and for each task `prediction` and for classes `probability_<class>`.

        Of several tasks the names begin with `<task>_`. Steps of sequences have no probabilities: they would be a
        column for each class and step.
        """
        task = self.signature.task
        if not task.tasks:
            return ["id", *_columns_of(task, "")]
        return ["id", *(column for part in task.tasks for column in _columns_of(part, f"{part.target}_"))]

    def rows(self, filename: str, on_skipped: Callable[[str], None] | None = None) -> Iterator[list[str]]:
        """Predictions for a file or folder of raw input, or an .npz file; a row an example.

        Ids are row numbers of a file or archive, or paths below the folder. Of several labels the prediction holds
        those with a probability above 1/2, separated by `|`; of the steps of a sequence all, separated by blanks. A
        next token is the likeliest of those that are known.
        `on_skipped` is called with the path of each file that cannot be read; it has no row.

        Raises:
          UsageError: the file is missing or does not hold what the model reads.
        """
        for ids, features in read_features(filename, self.signature, on_skipped=on_skipped):
            yield from self._batch(ids, features)

    def _batch(self, ids: Sequence[str], features: Mapping[str, Any]) -> Iterator[list[str]]:
        tensors = {name: as_tensor(features[name], feature) for name, feature in self.signature.inputs.items()}
        served = self.serve(tensors)
        outputs = mapped(np.asarray, dict(served) if isinstance(served, Mapping) else served)
        task = self.signature.task
        for place, name in enumerate(ids):
            if task.tasks:
                cells = [cell for part in task.tasks for cell in _cells(part, outputs[part.target][place])]
            else:
                cells = _cells(task, outputs[place])
            yield [name, *cells]


def _columns_of(task: Task, prefix: str) -> list[str]:
    classes = () if task.is_per_step else task.classes
    return [f"{prefix}prediction", *(f"{prefix}probability_{name}" for name in classes)]


def _cells(task: Task, output: np.ndarray) -> list[str]:
    """The cells of one example's prediction."""
    if task.is_per_step:
        # Padding has no probabilities; steps of regression cannot be told from it.
        steps = [step for step in output if step.any()] if task.classes else list(output)
        return [" ".join(_words(task, step) for step in steps)]
    probabilities = [f"{value:.6g}" for value in output] if task.classes else []
    return [_words(task, output), *probabilities]


def _words(task: Task, output: np.ndarray) -> str:
    if task.kind is TaskKind.REGRESSION:
        return f"{output[0]:.6g}"
    if task.kind is TaskKind.MULTI_LABEL:
        return "|".join(name for name, value in zip(task.classes, output, strict=True) if value > 0.5)
    return _likeliest(task, output)


def _likeliest(task: Task, output: np.ndarray) -> str:
    """The class of the highest probability; of next tokens one that is known, since the unknown one says nothing."""
    first = int(task.predicts_ahead and task.classes[0] == UNKNOWN and len(task.classes) > 1)
    return task.classes[first + int(output[first:].argmax())]


def as_tensor(array: Any, feature: Feature) -> tf.Tensor:
    """An array as the model takes it: the input's dtype, and its rank with the batch."""
    tensor = tf.convert_to_tensor(array, feature.dtype)
    missing = len(feature.shape) + 1 - len(tensor.shape)
    return tensor[..., None] if missing == 1 else tensor


def open_predictor(model: str, signature_path: str = "") -> Predictor:
    """Loads a `.keras` file or SavedModel folder and its signature.

    Args:
      model: path of the model.
      signature_path: path of the signature; by default beside the file or in the folder, where `export` writes it.

    Raises:
      UsageError: one of them is missing or is something else.
    """
    is_file = model.endswith(".keras")
    if not files.exists(model):
        raise UsageError(f"--model={model} does not exist")
    default = f"{model.removesuffix('.keras')}.signature.json" if is_file else os.path.join(model, SIGNATURE_FILE)
    path = signature_path or default
    content = files.read_bytes(path)
    if content is None:
        raise UsageError(
            f"--model={model} has no signature at {path}, which `model_search export` writes; for a model inside of a"
            " search's folder give --model_dir"
        )
    try:
        signature = from_json(json.loads(content))
    except ValueError as error:
        raise UsageError(f"{path} is not a model's signature: {error}") from None
    return Predictor(load_model(model) if is_file else _saved_model(model), signature)


def _saved_model(path: str) -> Served:
    try:
        loaded = tf.saved_model.load(path)
    except OSError as error:
        raise UsageError(f"--model={path} is neither a .keras file nor a SavedModel: {error}") from None
    # The module must outlive its function, which does not hold it.
    return lambda features: loaded.serve(features)
