"""The model that serves: preprocessing in front of a network, predictions behind it."""

from collections.abc import Callable, Mapping
from typing import Any

import keras

from ..data.provider import Task, TaskKind


def serving_model(
    raw_inputs: Mapping[str, Any], encode: Callable[[Mapping[str, Any]], Any], network: keras.Model, task: Task
) -> keras.Model:
    """One Keras model from raw features to predictions, made of standard layers.

    Args:
      raw_inputs: fresh `keras.Input` tensors by name.
      encode: the provider's preprocessing of them.
      network: encoded input to logits.
      task: what is predicted.

    Returns:
      A model that takes a dict of raw features and gives (batch, classes) probabilities, or (batch, 1) values in
      the label's own unit.
    """
    logits = network(encode(raw_inputs))
    if task.kind is TaskKind.CLASSIFICATION:
        outputs = keras.layers.Softmax(name="model_search.probabilities", dtype="float32")(logits)
    else:
        rescale = keras.layers.Rescaling(
            task.target_scale, offset=task.target_mean, name="model_search.values", dtype="float32"
        )
        outputs = rescale(logits)
    return keras.Model(dict(raw_inputs), outputs, name="model_search")
