"""The model that serves: preprocessing in front of a network, predictions behind it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import keras

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
