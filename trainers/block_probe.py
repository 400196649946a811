"""Builds one block on the data and times a few of its gradient steps on random numbers."""

import time
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from ..architecture import Architecture
from ..data.pipeline import Pipeline
from ..data.provider import Provider
from ..errors import TrialError
from ..hyperparameters import default_values, hyperparameter_space
from ..network.tower import Head, Tower, build_tower
from ..spec import SearchSpec
from ..spec.towers import tower
from ..training.failures import as_trial_error
from ..training.options import TrainingOptions

TIMED_STEPS = 3


@dataclass(frozen=True)
class Probe:
    """What was found of a block: a line to print, seconds of a trial's steps, and the error or an empty text."""

    line: str
    seconds: float
    error: str


def probe(spec: SearchSpec, provider: Provider, name: str, options: TrainingOptions) -> Probe:
    """Builds a tower of the one block (and a flatten where it takes plates) and times its steps."""
    architecture = tower(spec, [name])
    try:
        built = _build(spec, provider, architecture, options)
        seconds = seconds_per_step(built, options.batch_size) * options.train_steps
    except Exception as error:  # Whatever a user's block does is what this command is there to show.
        reason = str(as_trial_error(error))
        return Probe(f"{name}: {reason}", 0.0, reason)
    finally:
        keras.utils.clear_session()
    return Probe(f"{name}: {built.parameters:,} parameters, {seconds:.2f} s", seconds, "")


def _build(spec: SearchSpec, provider: Provider, architecture: Architecture, options: TrainingOptions) -> Tower:
    pipeline = Pipeline(provider, options.batch_size)
    values = default_values(hyperparameter_space(spec, architecture, options.train_steps))
    built = build_tower(architecture, values, pipeline.input_shape, Head(provider.task.outputs))
    if options.max_parameters and built.parameters > options.max_parameters:
        raise TrialError(f"{built.parameters:,} parameters, --max_parameters allows {options.max_parameters:,}")
    return built


def seconds_per_step(built: Tower, batch_size: int) -> float:
    """Median time of a forward and backward pass, compiled, on a batch of random numbers."""
    shape = (batch_size, *built.model.input_shape[1:])
    batch = tf.constant(np.random.default_rng(0).normal(size=shape).astype(np.float32))

    @tf.function(autograph=False)
    def gradients() -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(built.model(batch, training=True)))
        return list(tape.gradient(loss, built.model.trainable_variables))

    gradients()
    times = []
    for _ in range(TIMED_STEPS):
        begin = time.monotonic()
        gradients()
        times.append(time.monotonic() - begin)
    return float(np.median(times))
