"""Builds one block on the data and times a few of its gradient steps on random numbers."""

import time
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ..data.pipeline import Pipeline
from ..data.trees import leaves, mapped
from ..network.costs import costs_of
from ..network.tower import Tower
from ..own_blocks import built
from ..spec import SearchSpec
from ..spec.towers import tower
from ..training.failures import as_trial_error
from ..training.limits import check_costs, check_parameters
from ..training.options import TrainingOptions

TIMED_STEPS = 3


@dataclass(frozen=True)
class Probe:
    """What was found of a block: a line to print, seconds of a trial's steps, and the error or an empty text."""

    line: str
    seconds: float
    error: str


def probe(spec: SearchSpec, pipeline: Pipeline, name: str, options: TrainingOptions) -> Probe:
    """Builds a tower of the one block (and a flatten where it takes plates) and times its steps."""
    architecture = tower(spec, [name])
    try:
        found = built(spec, pipeline, architecture, options.train_steps)
        check_parameters(options, found.parameters)
        costs = costs_of(found)
        check_costs(options, costs)
        seconds = seconds_per_step(found, random_batch(found, options.batch_size)) * options.train_steps
    except Exception as error:  # Whatever a user's block does is what this command is there to show.
        reason = str(as_trial_error(error))
        return Probe(f"{name}: {reason}", 0.0, reason)
    finally:
        keras.utils.clear_session()
    flops = "unknown" if costs.flops is None else f"{costs.flops:,}"
    said = f"{name}: {found.parameters:,} parameters, {flops} multiply-adds, {costs.latency_ms:.3g} ms, {seconds:.2f} s"
    return Probe(said, seconds, "")


def random_batch(network: Tower, batch_size: int) -> Any:
    """Random numbers, or for token ids and lengths ones, in the form of the network's input."""
    rng = np.random.default_rng(0)

    def example(tensor: Any) -> tf.Tensor:
        shape = (batch_size, *tensor.shape[1:])
        is_integer = keras.backend.is_int_dtype(tensor.dtype)
        values = np.ones(shape, np.int32) if is_integer else rng.normal(size=shape).astype(np.float32)
        return tf.constant(values)

    return mapped(example, network.model.input)


def seconds_per_step(network: Tower, batch: Any) -> float:
    """Median time of a forward and backward pass, compiled."""

    @tf.function(autograph=False)
    def gradients() -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            logits = leaves(network.model(batch, training=True))
            loss = tf.add_n([tf.reduce_mean(tf.square(part)) for part in logits])
        return list(tape.gradient(loss, network.model.trainable_variables))

    gradients()
    times = []
    for _ in range(TIMED_STEPS):
        begin = time.monotonic()
        gradients()
        times.append(time.monotonic() - begin)
    return float(np.median(times))
