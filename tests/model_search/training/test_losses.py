"""Losses by hand."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from model_search.data.provider import Task, TaskKind
from model_search.training.losses import kernel_penalty, task_loss, with_auxiliary

BINARY = Task(TaskKind.CLASSIFICATION, "y", ("no", "yes"))
LABELS = tf.constant([0, 1])
WEIGHTS = tf.constant([1.0, 3.0])
EVEN = tf.constant([[0.0, 0.0], [0.0, 0.0]])
SURE = tf.constant([[0.0, 0.0], [0.0, math.log(3.0)]])


def test_cross_entropy_is_the_mean_of_weight_times_loss() -> None:
    assert float(task_loss(BINARY)(LABELS, EVEN, WEIGHTS)) == pytest.approx(4 * math.log(2) / 2)
    expected = (math.log(2) + 3 * math.log(4 / 3)) / 2
    assert float(task_loss(BINARY)(LABELS, SURE, WEIGHTS)) == pytest.approx(expected)


def test_squared_error_is_of_standardised_labels() -> None:
    task = Task(TaskKind.REGRESSION, "y", target_mean=10.0, target_scale=2.0)
    loss = task_loss(task)(tf.constant([12.0, 10.0]), tf.constant([[0.0], [2.0]]), tf.ones(2))
    assert float(loss) == pytest.approx((1 + 4) / 2)


def test_the_main_head_has_the_rest_of_the_auxiliary_weight() -> None:
    plain = task_loss(BINARY)
    combined = with_auxiliary(plain, 0.25)(LABELS, [SURE, EVEN], WEIGHTS)
    expected = 0.75 * plain(LABELS, SURE, WEIGHTS) + 0.25 * plain(LABELS, EVEN, WEIGHTS)
    assert float(combined) == pytest.approx(float(expected))


def test_l2_counts_kernels_and_nothing_else() -> None:
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1), keras.layers.BatchNormalization()])
    model.layers[0].set_weights([np.array([[1.0], [2.0]]), np.array([100.0])])
    assert float(kernel_penalty(model, 0.5)()) == pytest.approx(0.5 * 5)
    assert kernel_penalty(model, 0.0)() == 0.0
