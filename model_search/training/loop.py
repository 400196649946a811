"""The training loop: several gradient steps in one call of one compiled graph.

Measured beside `keras.Model.fit` in `benchmarks/trial_overhead.py`: on small networks most of a short fit is tracing of
metrics and callbacks and the call of each step, so the loop keeps only what a trial needs: the loss.
"""

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf

from ..errors import NonFiniteLossError
from .feeds import Feed
from .losses import Loss

# (steps done, mean loss of the last call); may raise to end the training.
Progress = Callable[[int, float], None]

CALL_SECONDS = 1.0
REPORTS = 10


def compiled_steps(
    model: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    loss: Loss,
    penalty: Callable[[], Any],
    feed: Feed,
    strategy: tf.distribute.Strategy,
    augment: Callable[[Any], Any] = lambda x: x,
    teach: Callable[[Any, Any], Any] = lambda x, y: y,
) -> Callable[[Any, Any], tf.Tensor]:
    """A compiled function of (feed argument, number of steps) that trains so many steps and gives the sum of losses.

    `augment` changes the features of each batch first; `teach` then makes of features and labels what the loss takes
    as labels.
    """
    variables = model.trainable_variables
    replicas = strategy.num_replicas_in_sync

    def step(x: Any, y: Any, w: Any) -> tf.Tensor:
        x = augment(x)
        y = teach(x, y)
        with tf.GradientTape() as tape:
            value = loss(y, model(x, training=True), w) + penalty()
            # Replicas' gradients are summed by the optimizer.
            scaled = optimizer.scale_loss(value / replicas)
        optimizer.apply(tape.gradient(scaled, variables), variables)
        return value

    def body(index: tf.Tensor, total: tf.Tensor, argument: Any) -> tuple[tf.Tensor, tf.Tensor]:
        batch = feed.batch(argument, index)
        if replicas == 1:
            value = step(*batch)
        else:
            value = strategy.reduce(tf.distribute.ReduceOp.MEAN, strategy.run(step, args=batch), axis=None)
        return index + 1, total + value

    @tf.function(autograph=False, input_signature=[feed.signature(), tf.TensorSpec([], tf.int32)])
    def steps(argument: Any, count: tf.Tensor) -> tf.Tensor:
        start = (tf.constant(0), tf.constant(0.0))
        loop = tf.while_loop(lambda i, _: i < count, lambda i, total: body(i, total, argument), start)
        return loop[1]

    return steps


def report_steps(last: int) -> list[int]:
    """Steps at which a training of `last` steps reports its loss: every tenth of it, the last step included."""
    return sorted({max(1, tenth * last // REPORTS) for tenth in range(1, REPORTS + 1)})


def train(
    steps: Callable[[Any, Any], tf.Tensor],
    feed: Feed,
    first: int,
    last: int,
    progress: Progress,
    further: Sequence[int] = (),
) -> None:
    """Runs steps `first` to `last`.

    Calls are long enough to cost nothing and short enough (about a second) to stop soon when `progress` raises, which
    is called after each of them, and at each of `report_steps(last)` and of `further` steps.

    Raises:
      NonFiniteLossError: the loss is NaN or infinite.
    """
    done, size = first, 1
    for mark in sorted({*report_steps(last), *further}):
        while done < mark:
            count = min(size, mark - done)
            begin = time.monotonic()
            loss = float(steps(feed.argument(done, count), tf.constant(count))) / count
            per_step = (time.monotonic() - begin) / count
            done += count
            if not math.isfinite(loss):
                raise NonFiniteLossError(f"the training loss became {loss} by step {done}")
            progress(done, loss)
            size = max(1, min(8 * size, int(CALL_SECONDS / per_step)))
