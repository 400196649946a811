"""The model that serves: preprocessing in front of a network, predictions behind it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np

from ..data.provider import Task, TaskKind


@contextmanager
def forgetting_calls(layer: keras.Layer) -> Iterator[None]:
    """Makes a layer forget the symbolic calls of the body.

    Keras records each symbolic call on the layer that was called, and so keeps everything that was built on its output
    for as long as the layer lives. The preprocessing lives as long as the process; the networks behind it must not.
    """
    calls = (layer._inbound_nodes, layer._outbound_nodes)
    lengths = [len(nodes) for nodes in calls]
    try:
        yield
    finally:
        for nodes, length in zip(calls, lengths, strict=True):
            del nodes[length:]


def serving_model(
    raw_inputs: Mapping[str, Any],
    encode: Callable[[Mapping[str, Any]], Any],
    network: keras.Model,
    task: Task,
    temperature: float = 1.0,
) -> keras.Model:
    """One Keras model from raw features to predictions, made of standard layers.

    Args:
      raw_inputs: fresh `keras.Input` tensors by name.
      encode: the provider's preprocessing of them.
      network: encoded input to logits.
      task: what is predicted.
      temperature: logits of classes are divided by it; above 1 probabilities are less extreme.

    Returns:
      A model that takes a dict of raw features and gives (batch, classes) probabilities, or (batch, 1) values in
      the label's own unit; (batch, time, ...) of them for labels of steps, zeros at padding; for several tasks a dict
      by their names.
    """
    encoded = encode(raw_inputs)
    logits = network(encoded)
    outputs: Any
    if task.tasks:
        outputs = {
            part.target: _predictions(part, logits[part.target], temperature, f"model_search.{part.target}.")
            for part in task.tasks
        }
    else:
        outputs = _predictions(task, logits, temperature, "model_search.")
    if task.is_per_step:
        steps = keras.ops.arange(outputs.shape[1])
        lengths = keras.ops.expand_dims(encoded["lengths"], -1)
        valid = keras.ops.expand_dims(keras.ops.greater(lengths, steps), -1)
        outputs = keras.ops.multiply(outputs, keras.ops.cast(valid, "float32"))
    return keras.Model(dict(raw_inputs), outputs, name="model_search")


def _predictions(task: Task, logits: Any, temperature: float, prefix: str) -> Any:
    if task.kind is TaskKind.REGRESSION:
        scale, mean = task.target_scale, task.target_mean
        return keras.layers.Rescaling(scale, offset=mean, name=f"{prefix}values", dtype="float32")(logits)
    if temperature != 1.0:
        logits = keras.layers.Rescaling(1.0 / temperature, name=f"{prefix}temperature", dtype="float32")(logits)
    if task.kind is TaskKind.MULTI_LABEL:
        return keras.layers.Activation("sigmoid", name=f"{prefix}probabilities", dtype="float32")(logits)
    return keras.layers.Softmax(name=f"{prefix}probabilities", dtype="float32")(logits)


def logits_behind(task: Task, predictions: Any, temperature: float = 1.0) -> Any:
    """Logits that give these predictions of a serving model; for classes up to a constant. Arrays or dicts of them."""
    if task.tasks:
        return {part.target: logits_behind(part, predictions[part.target], temperature) for part in task.tasks}
    predictions = np.asarray(predictions)
    if task.kind is TaskKind.REGRESSION:
        return (predictions - task.target_mean) / task.target_scale
    tiny = np.finfo(np.float32).tiny
    logs = np.log(np.maximum(predictions, tiny))
    if task.kind is TaskKind.MULTI_LABEL:
        # One minus a probability near 1 is exact in float32; float32's own rounding bounds what can be told apart.
        logs = logs - np.log(np.maximum(1.0 - predictions.astype(np.float64), 2.0**-24))
    return logs * temperature
