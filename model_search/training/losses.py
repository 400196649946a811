"""Training losses on logits."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf

from ..data.provider import Task, TaskKind

# (labels, logits, weights) -> scalar
Loss = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]


def task_loss(task: Task) -> Loss:
    """Mean over the batch of weight times loss: cross-entropy, or squared error of standardised labels."""

    def classification(labels: tf.Tensor, logits: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, tf.cast(logits, tf.float32))
        return tf.reduce_mean(losses * weights)

    def regression(labels: tf.Tensor, logits: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
        standardised = (tf.cast(labels, tf.float32) - task.target_mean) / task.target_scale
        return tf.reduce_mean(tf.square(tf.cast(logits[:, 0], tf.float32) - standardised) * weights)

    return classification if task.kind is TaskKind.CLASSIFICATION else regression


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
