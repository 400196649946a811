"""Trains one network: optimizer, feed, loop and mid-trial checkpoints put together."""

import functools
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from .. import files
from ..data.joined import JoinedProvider
from ..data.pipeline import Pipeline
from ..data.provider import Provider, Task
from ..network.tower import Tower
from ..proto import search_spec_pb2
from ..study import Suggestion
from .checkpoint import load_checkpoint, save_checkpoint
from .feeds import ArrayFeed, Batch, Feed, StreamFeed, gathered, shuffled_rows, tensors_of
from .loop import Progress, compiled_steps, train
from .losses import Loss, alternating, kernel_penalty, summed, task_loss, taught_loss, with_auxiliary
from .optimizers import build_optimizer
from .options import TrainingOptions
from .teaching import Teaching, teach_in_graph, with_outputs
from .workers import WorkerLostError, Workers, in_step, workers_of


class InterruptedTraining(Exception):
    """The trainer was told to stop: the trial is given back and goes on from its checkpoint later."""


@dataclass(frozen=True)
class Fit:
    """What one training needs.

    Attributes:
      steps: gradient steps in all.
      seed: of the order of examples.
      checkpoint: path of the mid-trial checkpoint.
      rungs: further steps at which progress is told, in ascending order.
      teaching: what the trial's teacher says; None where it learns from the labels alone.
      rate_factor: what the learning rate is multiplied by, throughout.
    """

    spec: search_spec_pb2.SearchSpec
    suggestion: Suggestion
    pipeline: Pipeline
    options: TrainingOptions
    strategy: tf.distribute.Strategy
    steps: int
    seed: int
    checkpoint: str
    rungs: tuple[int, ...] = ()
    teaching: Teaching | None = None
    rate_factor: float = 1.0


def fit(plan: Fit, tower: Tower, progress: Progress) -> None:
    """Trains the tower's variables in place, from a checkpoint of the same trial where there is one.

    Raises:
      NonFiniteLossError: the loss became NaN or infinite.
      Whatever `progress` raises to end the training.
    """
    workers = workers_of(plan.strategy)
    if workers is not None:
        # First of all: workers create variables together.
        all_examples = isinstance(plan.pipeline.provider, JoinedProvider)
        workers.tell(
            fit={"steps": plan.steps, "seed": plan.seed, "rate": plan.rate_factor, "all_examples": all_examples}
        )
    optimizer = make_optimizer(plan, tower)
    variables = [*tower.training_model.variables, *optimizer.variables]
    first = load_checkpoint(plan.checkpoint, plan.suggestion, variables)
    if workers is not None:
        workers.tell(first=first)
        workers.take_over(variables)
    feed = make_feed(plan, first)
    steps = make_steps(plan, tower, optimizer, feed)

    def save(step: int) -> None:
        save_checkpoint(plan.checkpoint, step, plan.suggestion, variables)

    reported = _saving(progress, save, plan.options.checkpoint_seconds, plan.steps)
    try:
        train(in_step(steps, workers) if workers else steps, feed, first, plan.steps, reported, plan.rungs)
    except WorkerLostError:
        raise
    except BaseException:
        if workers is not None:
            workers.tell(count=0)
        raise
    if workers is not None:
        workers.tell(count=0)
    files.remove(plan.checkpoint)


def take_part(plan: Fit, tower: Tower, workers: Workers) -> None:
    """The same of a worker that is not the chief: as many steps as the chief makes, on its own part of the batches."""
    optimizer = make_optimizer(plan, tower)
    first = workers.hear()["first"]
    workers.take_over([*tower.training_model.variables, *optimizer.variables])
    feed = make_feed(plan, first)
    steps = make_steps(plan, tower, optimizer, feed)
    while count := workers.hear()["count"]:
        steps(feed.argument(first, count), tf.constant(count))
        first += count


def make_optimizer(plan: Fit, tower: Tower) -> keras.optimizers.Optimizer:
    """The trial's optimizer, with its variables."""
    values = dict(plan.suggestion.hyperparameters)
    values["learning_rate"] = float(values["learning_rate"]) * plan.rate_factor
    with plan.strategy.scope():
        scales_loss = plan.options.mixed_precision == "mixed_float16"
        replicas = plan.strategy.num_replicas_in_sync
        optimizer = build_optimizer(values, plan.spec.learning_spec, plan.steps, replicas, scales_loss)
        optimizer.build(tower.training_model.trainable_variables)
    return optimizer


def make_steps(plan: Fit, tower: Tower, optimizer: keras.optimizers.Optimizer, feed: Feed) -> Callable[[Any, Any], Any]:
    """The compiled loop of the training."""
    model = tower.training_model
    penalty = kernel_penalty(model, l2_factor(plan))
    task = plan.pipeline.task
    loss = trial_loss(plan.spec, task, optimizer, plan.teaching)
    augment, teach = augmentation_of(plan.pipeline.provider), teach_in_graph(task, plan.teaching)
    return compiled_steps(model, optimizer, loss, penalty, feed, plan.strategy, augment, teach)


def l2_factor(plan: Fit) -> float:
    """Factor of the sum of squares of kernels; divided by the different examples trained on where the spec says so."""
    factor = float(plan.suggestion.hyperparameters.get("l2_regularization", 0.0))
    if not plan.spec.learning_spec.divide_l2_by_examples:
        return factor
    seen = plan.steps * plan.options.batch_size
    return factor / min(plan.pipeline.provider.describe().train_examples or seen, seen)


def trial_loss(
    spec: search_spec_pb2.SearchSpec,
    task: Task,
    optimizer: keras.optimizers.Optimizer,
    teaching: Teaching | None = None,
) -> Loss:
    """The loss of the task, or of several, and shared between main and auxiliary head where there are two.

    Several tasks' losses are summed, or alternate by the optimizer's steps. A teacher teaches each task and head.
    """
    of_task = task_loss if teaching is None else functools.partial(taught_loss, lesson=teaching.lesson)
    if not task.tasks:
        loss = of_task(task)
    elif spec.merge_losses_of_multitask:
        loss = summed(task.tasks, of_task)
    else:
        counter = getattr(optimizer, "inner_optimizer", optimizer)
        loss = alternating(task.tasks, lambda: counter.iterations.value, of_task)
    return with_auxiliary(loss, spec.auxiliary_head_loss_weight) if spec.use_auxiliary_head else loss


def augmentation_of(provider: Provider) -> Callable[[Any], Any]:
    """The provider's augmentation as a function of a batch of encoded features."""
    layer = provider.augmentation()
    if layer is None:
        return lambda x: x
    return lambda x: layer(x, training=True)


def make_feed(plan: Fit, first: int) -> Feed:
    """Rows gathered in the graph where the data is in memory and there is one device, else a (distributed) stream."""
    arrays = with_outputs(plan.pipeline.train_arrays(), plan.pipeline.task, plan.teaching)
    replicas = plan.strategy.num_replicas_in_sync
    if arrays is not None and replicas == 1:
        return ArrayFeed(arrays, plan.options.batch_size, plan.seed)
    if arrays is None:
        dataset = plan.pipeline.train_stream(plan.seed, start_step=first)
    else:
        dataset = _stream_of_rows(arrays, plan.options.batch_size, plan.seed, first)
    return StreamFeed(plan.strategy.experimental_distribute_dataset(dataset) if replicas > 1 else dataset)


def _stream_of_rows(arrays: Any, batch_size: int, seed: int, first: int) -> tf.data.Dataset:
    rows = shuffled_rows(len(arrays), batch_size, seed)
    tensors = tensors_of(arrays)

    def batch(step: tf.Tensor) -> Batch:
        indices = tf.numpy_function(lambda s: rows(int(s), 1)[0], [step], tf.int32, stateful=False)
        indices = tf.ensure_shape(indices, [batch_size])
        return gathered(tensors, indices)

    return tf.data.Dataset.counter(start=first).map(batch).prefetch(tf.data.AUTOTUNE)


def _saving(progress: Progress, save: Callable[[int], None], seconds: float, last: int) -> Progress:
    """Adds a checkpoint every so many seconds, and one when the training is told to end early."""
    saved = time.monotonic()

    def reported(step: int, loss: float) -> None:
        nonlocal saved
        try:
            progress(step, loss)
        except InterruptedTraining:
            save(step)
            raise
        if step < last and time.monotonic() - saved >= seconds:
            save(step)
            saved = time.monotonic()

    return reported
