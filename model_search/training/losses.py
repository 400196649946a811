"""Training losses on logits."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf

from ..data.provider import Task, TaskKind
from ..spec.distillation import Lesson
from ..transfer.distillation_loss import teacher_loss

# (labels, logits, weights) -> scalar; dicts by task where there are several
Loss = Callable[[Any, Any, Any], tf.Tensor]


def task_loss(task: Task) -> Loss:
    """The loss of one task on a batch.

    Cross-entropy of classes, squared error of standardised values, or binary cross-entropy averaged over labels: weight
    times loss, averaged over the batch; where steps have labels, over the steps of the batch by their weights.
    """
    of_examples = _LOSSES[task.kind]

    def loss(labels: Any, logits: Any, weights: Any) -> tf.Tensor:
        return _mean(task, of_examples(task, labels, tf.cast(logits, tf.float32)), weights)

    return loss


def _mean(task: Task, losses: Any, weights: Any) -> tf.Tensor:
    """Weight times loss, averaged over the batch or over the steps of the batch by their weights."""
    weighted = losses * weights
    if not task.is_per_step:
        return tf.reduce_mean(weighted)
    return tf.math.divide_no_nan(tf.reduce_sum(weighted), tf.reduce_sum(weights))


LABEL, TEACHER = "label", "teacher"
"""What the labels of a task are a dict of where a teacher teaches: labels, and the teacher's logits."""


def taught_loss(task: Task, lesson: Lesson) -> Loss:
    """The loss of one task that a teacher teaches: how far the logits are from the teacher's, or the loss of the labels
    and that one times the lesson's weight. Labels are a dict of `LABEL` and `TEACHER`."""
    of_labels, of_teacher = task_loss(task), teacher_loss(task, lesson)

    def loss(labels: Any, logits: Any, weights: Any) -> tf.Tensor:
        teacher, student = (tf.cast(outputs, tf.float32) for outputs in (labels[TEACHER], logits))
        distilled = _mean(task, of_teacher(teacher, student), weights)
        return of_labels(labels[LABEL], logits, weights) + lesson.weight * distilled if lesson.has_labels else distilled

    return loss


def _classification(task: Task, labels: Any, logits: Any) -> tf.Tensor:
    # Labels of padded steps may be anything; their weight is 0, but an id out of range would make the loss NaN.
    known = tf.clip_by_value(labels, 0, task.outputs - 1) if task.is_per_step else labels
    return tf.nn.sparse_softmax_cross_entropy_with_logits(known, logits)


def _regression(task: Task, labels: Any, logits: Any) -> tf.Tensor:
    standardised = (tf.cast(labels, tf.float32) - task.target_mean) / task.target_scale
    return tf.square(logits[..., 0] - standardised)


def _multi_label(task: Task, labels: Any, logits: Any) -> tf.Tensor:
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(tf.cast(labels, tf.float32), logits), axis=-1)


_LOSSES: dict[TaskKind, Callable[[Task, Any, Any], tf.Tensor]] = {
    TaskKind.CLASSIFICATION: _classification,
    TaskKind.REGRESSION: _regression,
    TaskKind.MULTI_LABEL: _multi_label,
}


def summed(tasks: Sequence[Task], of_task: Callable[[Task], Loss] = task_loss) -> Loss:
    """The sum of several tasks' losses."""
    losses = {task.target: of_task(task) for task in tasks}

    def loss(labels: Any, logits: Any, weights: Any) -> tf.Tensor:
        return tf.add_n([part(labels[name], logits[name], weights[name]) for name, part in losses.items()])

    return loss


def alternating(tasks: Sequence[Task], step: Callable[[], Any], of_task: Callable[[Task], Loss] = task_loss) -> Loss:
    """The loss of one task at each step, by turns.

    Args:
      tasks: in the order of their turns.
      step: gives the number of the step, from 0, as an integer tensor.
      of_task: the loss of one task.
    """
    losses = {task.target: of_task(task) for task in tasks}

    def loss(labels: Any, logits: Any, weights: Any) -> tf.Tensor:
        all_losses = [part(labels[name], logits[name], weights[name]) for name, part in losses.items()]
        # Multiplying by 0 would spread a NaN of a task that has no turn.
        return tf.stack(all_losses)[tf.cast(step(), tf.int32) % len(all_losses)]

    return loss


def with_auxiliary(loss: Loss, auxiliary_weight: float) -> Loss:
    """`auxiliary_weight` of the auxiliary head's loss and the rest of the main head's; logits are a pair."""

    def combined(labels: tf.Tensor, logits: Sequence[tf.Tensor], weights: tf.Tensor) -> tf.Tensor:
        main, auxiliary = (loss(labels, part, weights) for part in logits)
        return (1.0 - auxiliary_weight) * main + auxiliary_weight * auxiliary

    return combined


def kernel_penalty(model: keras.Model, factor: float) -> Callable[[], Any]:
    """L2: `factor` times the sum of squares of all kernels (biases and normalisation parameters are left alone)."""
    kernels = [v for v in model.trainable_variables if v.name.endswith("kernel") or "embeddings" in v.name]

    def penalty() -> Any:
        return factor * tf.add_n([tf.reduce_sum(tf.square(tf.cast(kernel, tf.float32))) for kernel in kernels])

    return penalty if kernels and factor > 0 else lambda: 0.0
