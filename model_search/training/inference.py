"""Logits of a network over a data set, in one pass."""

import itertools
from collections.abc import Iterable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

# Fewer batches than this are cheaper to compute operation by operation than to trace a graph for.
TRACE_FROM_BATCHES = 8


def logits_of(
    network: keras.Model, batches: Iterable[tuple[Any, Any, Any]]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Runs the network once over the batches.

    Args:
      network: encoded input to logits (batch, outputs).
      batches: (encoded features, labels, weights).

    Returns:
      float32 logits (examples, outputs), and the labels and weights (examples,) in the same order.
    """
    rest = iter(batches)
    first = list(itertools.islice(rest, TRACE_FROM_BATCHES))
    is_short = len(first) < TRACE_FROM_BATCHES
    traced = tf.function(lambda x: network(x, training=False), autograph=False, reduce_retracing=True)
    parts = []
    for x, y, w in itertools.chain(first, rest):
        logits = network(x, training=False) if is_short else traced(tf.convert_to_tensor(x))
        parts.append((np.asarray(logits, np.float32), np.asarray(y), np.asarray(w)))
    logits, labels, weights = (np.concatenate(column) for column in zip(*parts, strict=True))
    return logits, labels, weights
