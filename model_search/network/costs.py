"""What one example costs a network: weights, multiply-adds, time."""

import time
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ..data.trees import mapped
from .multiply_adds import UncountableError, multiply_adds
from .tower import Tower

# A latency is the median of so many calls, or of those that fit into the time.
CALLS, LEAST_CALLS, SECONDS = 20, 3, 0.05


@dataclass(frozen=True)
class Costs:
    """Costs of a network that serves, from encoded input to logits.

    Attributes:
      parameters: number of its weights.
      flops: multiply-adds of one example, all steps of a sequence included; None where they cannot be counted.
      latency_ms: milliseconds of one example, compiled, on the machine that trains.
    """

    parameters: int
    flops: int | None
    latency_ms: float


def costs_of(tower: Tower) -> Costs:
    """Costs of a built network, trained or not: traces its forward pass once and runs it a few times."""
    example = mapped(_one_example, tower.model.input)
    compiled = tf.function(lambda x: tower.model(x, training=False), autograph=False)
    function = compiled.get_concrete_function(example)
    try:
        flops = multiply_adds(function.graph)
    except UncountableError:
        flops = None
    return Costs(tower.parameters, flops, latency_ms(compiled, example))


def latency_ms(compiled: Any, example: Any) -> float:
    """Median milliseconds of a call, results fetched, after one call that is not counted."""
    times: list[float] = []
    mapped(np.asarray, compiled(example))
    end = time.perf_counter() + SECONDS
    while len(times) < LEAST_CALLS or (len(times) < CALLS and time.perf_counter() < end):
        begin = time.perf_counter()
        mapped(np.asarray, compiled(example))
        times.append(time.perf_counter() - begin)
    return 1000 * float(np.median(times))


def _one_example(tensor: Any) -> tf.Tensor:
    shape = (1, *tensor.shape[1:])
    return tf.ones(shape, tf.int32) if keras.backend.is_int_dtype(tensor.dtype) else tf.zeros(shape, tensor.dtype)
