"""Losses of knowledge distillation: how far a student's outputs are from its teacher's.

Hinton, Vinyals and Dean 2015, "Distilling the Knowledge in a Neural Network"; squared errors of logits: Ba and Caruana
2014. The temperature softens what the teacher says. The student's own logits are not divided by it: the probabilities
that are compared are those that it serves.
"""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from ..data.provider import Task, TaskKind
from ..proto.search_spec_pb2 import DistillationSpec
from ..spec.distillation import Lesson

TeacherLoss = Callable[[Any, Any], tf.Tensor]
"""(teacher's logits, student's logits), float32 (batch, ..., outputs), to a loss of each example (batch, ...)."""


def teacher_loss(task: Task, lesson: Lesson) -> TeacherLoss:
    """The teacher's part of the loss of one task.

    MSE_LOGITS: squared error of the logits, mean over the outputs. MSE_SOFTMAX: the same of probabilities.
    CROSS_ENTROPY and ADAPTIVELY_BALANCE_LOSSES: cross-entropy of probabilities. For several labels an example these are
    sigmoids, and losses are means over the labels. A number has no probabilities: all of them are the squared error of
    standardised values.

    Args:
      task: what is predicted, one task.
      lesson: kind of loss, temperature.
    """
    if lesson.kind == DistillationSpec.MSE_LOGITS or task.kind is TaskKind.REGRESSION:
        return _squared_error
    is_multi_label = task.kind is TaskKind.MULTI_LABEL
    squash = tf.nn.sigmoid if is_multi_label else tf.nn.softmax
    compare = _LOSSES[lesson.kind == DistillationSpec.MSE_SOFTMAX, is_multi_label]
    return lambda teacher, student: compare(squash(teacher / lesson.temperature), student)


def _squared_error(teacher: Any, student: Any) -> tf.Tensor:
    return tf.reduce_mean(tf.square(student - teacher), axis=-1)


def _cross_entropy(probabilities: Any, student: Any) -> tf.Tensor:
    return tf.nn.softmax_cross_entropy_with_logits(probabilities, student)


def _binary_cross_entropies(probabilities: Any, student: Any) -> tf.Tensor:
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(probabilities, student), axis=-1)


# By whether the error is squared, and whether an example has several labels.
_LOSSES: dict[tuple[bool, bool], TeacherLoss] = {
    (False, False): _cross_entropy,
    (False, True): _binary_cross_entropies,
    (True, False): lambda probabilities, student: _squared_error(probabilities, tf.nn.softmax(student)),
    (True, True): lambda probabilities, student: _squared_error(probabilities, tf.nn.sigmoid(student)),
}
