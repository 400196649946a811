"""Logits of a network over a data set, in one pass."""

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from ..data.trees import Tree, mapped

Network = Callable[..., Tree]
"""(encoded input, training=False) to logits: a `keras.Model`, or several of them together."""

# Fewer batches than this are cheaper to compute operation by operation than to trace a graph for.
TRACE_FROM_BATCHES = 8


def logits_of(network: Network, batches: Iterable[tuple[Any, Any, Any]]) -> Iterator[tuple[Tree, Tree, Tree]]:
    """Runs the network once over the batches.

    Args:
      network: encoded input to logits; it takes `training`.
      batches: (encoded features, labels, weights).

    Yields:
      float32 logits (examples, ..., outputs) of each batch with its labels and weights; dicts where there are several
      tasks.
    """
    rest = iter(batches)
    first = list(itertools.islice(rest, TRACE_FROM_BATCHES))
    is_short = len(first) < TRACE_FROM_BATCHES
    traced = tf.function(lambda x: network(x, training=False), autograph=False, reduce_retracing=True)
    for x, y, w in itertools.chain(first, rest):
        x = mapped(tf.convert_to_tensor, x)
        logits = network(x, training=False) if is_short else traced(x)
        yield mapped(lambda tensor: np.asarray(tensor, np.float32), logits), y, w
