"""Losses of distillation and their gradients by hand."""

import math

import numpy as np
import pytest
import tensorflow as tf

from model_search.data.provider import Task, TaskKind
from model_search.proto.search_spec_pb2 import DistillationSpec
from model_search.spec.distillation import Lesson
from model_search.training.losses import LABEL, TEACHER, alternating, summed, task_loss, taught_loss, with_auxiliary

BINARY = Task(TaskKind.CLASSIFICATION, "y", ("no", "yes"))
SEVERAL = Task(TaskKind.MULTI_LABEL, "y", ("a", "b"))
NUMBER = Task(TaskKind.REGRESSION, "y", target_mean=10.0, target_scale=2.0)
STEPS = Task(TaskKind.CLASSIFICATION, "y", ("no", "yes"), is_per_step=True)

# Divided by 2 they are 0 and log 3: probabilities of 1/4 and 3/4, as softmax and, of the second one, as sigmoid.
TEACHER_LOGITS = np.array([[0.0, 2 * math.log(3.0)]], np.float32)
EVEN = np.zeros((1, 2), np.float32)
SOFT = {"temperature": 2.0}


def value_and_gradient(task, lesson, teacher, student, label, weight=(1.0,)):
    logits = tf.Variable(student)
    with tf.GradientTape() as tape:
        value = taught_loss(task, lesson)({LABEL: label, TEACHER: tf.constant(teacher)}, logits, tf.constant(weight))
    return float(value), tape.gradient(value, logits).numpy()


def check(task, lesson, student, label, value, gradient, teacher=TEACHER_LOGITS):
    found, slope = value_and_gradient(task, lesson, teacher, student, label)
    assert found == pytest.approx(value, rel=1e-6)
    np.testing.assert_allclose(slope, gradient, rtol=1e-5, atol=1e-7)


def lesson(name: str, temperature: float = 1.0, weight: float = 1.0) -> Lesson:
    return Lesson(DistillationSpec.DistillationType.Value(name), temperature, weight)


def test_squared_error_of_logits_knows_no_temperature() -> None:
    # ((0 - 0)^2 + (1 - 3)^2) / 2 = 2, slope 2 (1 - 3) / 2 = -2.
    student, teacher = np.array([[0.0, 1.0]], np.float32), np.array([[0.0, 3.0]], np.float32)
    for temperature in (1.0, 7.0):
        check(BINARY, lesson("MSE_LOGITS", temperature), student, [1], 2.0, [[0.0, -2.0]], teacher)


def test_squared_error_of_probabilities() -> None:
    # Softmax 1/2, 1/2 beside 1/4, 3/4: mean of squares 1/16. dL/dp = (1/4, -1/4), dp/dz = +-1/4.
    check(BINARY, lesson("MSE_SOFTMAX", **SOFT), EVEN, [1], 1 / 16, [[1 / 8, -1 / 8]])


def test_cross_entropy_to_the_softened_teacher() -> None:
    # The gradient is the student's probabilities less the teacher's.
    check(BINARY, lesson("CROSS_ENTROPY", **SOFT), EVEN, [0], math.log(2), [[1 / 4, -1 / 4]])
    student = np.array([[0.0, math.log(3.0)]], np.float32)
    entropy = -(math.log(1 / 4) / 4 + 3 * math.log(3 / 4) / 4)
    check(BINARY, lesson("CROSS_ENTROPY", **SOFT), student, [0], entropy, [[0.0, 0.0]])


def test_labels_are_not_used_where_only_the_teacher_teaches() -> None:
    for name in ("MSE_LOGITS", "MSE_SOFTMAX", "CROSS_ENTROPY"):
        found = [value_and_gradient(BINARY, lesson(name, **SOFT), TEACHER_LOGITS, EVEN, [label]) for label in (0, 1)]
        assert found[0][0] == found[1][0]
        np.testing.assert_array_equal(found[0][1], found[1][1])


def test_balanced_losses_add_the_weighted_teacher_to_the_label() -> None:
    # Label 0: log 2, slope (1/2 - 1, 1/2). Teacher times 3: 3 log 2, slope 3 (1/4, -1/4).
    balanced = lesson("ADAPTIVELY_BALANCE_LOSSES", 2.0, weight=3.0)
    check(BINARY, balanced, EVEN, [0], 4 * math.log(2), [[-0.5 + 0.75, 0.5 - 0.75]])
    plain = lesson("ADAPTIVELY_BALANCE_LOSSES", 2.0, weight=0.0)
    check(BINARY, plain, EVEN, [0], math.log(2), [[-0.5, 0.5]])


def test_several_labels_have_sigmoids() -> None:
    # Sigmoids 1/2 and 3/4 of the teacher, 1/2 and 1/2 of the student.
    check(SEVERAL, lesson("CROSS_ENTROPY", **SOFT), EVEN, [[1.0, 0.0]], math.log(2), [[0.0, -1 / 8]])
    check(SEVERAL, lesson("MSE_SOFTMAX", **SOFT), EVEN, [[1.0, 0.0]], 1 / 32, [[0.0, -1 / 16]])


@pytest.mark.parametrize("name", ["MSE_LOGITS", "MSE_SOFTMAX", "CROSS_ENTROPY"])
def test_numbers_are_compared_standardised(name) -> None:
    student, teacher = np.array([[0.5]], np.float32), np.array([[2.0]], np.float32)
    check(NUMBER, lesson(name, **SOFT), student, [0.0], 2.25, [[-3.0]], teacher)


def test_balanced_numbers_add_both_squared_errors() -> None:
    # The label 12 is 1 standardised: (0.5 - 1)^2 + 2 (0.5 - 2)^2.
    student, teacher = np.array([[0.5]], np.float32), np.array([[2.0]], np.float32)
    balanced = lesson("ADAPTIVELY_BALANCE_LOSSES", weight=2.0)
    check(NUMBER, balanced, student, [12.0], 0.25 + 4.5, [[-1.0 - 6.0]], teacher)


def test_padded_steps_teach_nothing_and_weights_weigh() -> None:
    teacher = np.array([[TEACHER_LOGITS[0], [0.0, 0.0], [9.0, -9.0]]], np.float32)
    student, weights = np.zeros((1, 3, 2), np.float32), [[1.0, 3.0, 0.0]]
    for name, value in (("CROSS_ENTROPY", math.log(2)), ("MSE_SOFTMAX", 1 / 16 / 4)):
        found, slope = value_and_gradient(STEPS, lesson(name, **SOFT), teacher, student, [[0, 1, 77]], weights)
        assert found == pytest.approx(value)
        assert not slope[0, 1:].any()
    # A quarter of the weight is the first step's.
    np.testing.assert_allclose(slope[0, 0], [1 / 32, -1 / 32], rtol=1e-5)


def test_several_tasks_have_the_teacher_s_answer_to_each() -> None:
    other = Task(TaskKind.REGRESSION, "z", target_mean=10.0, target_scale=2.0)
    labels = {
        "y": {LABEL: [0], TEACHER: tf.constant(TEACHER_LOGITS)},
        "z": {LABEL: [12.0], TEACHER: tf.constant([[2.0]])},
    }
    logits = {"y": tf.constant(EVEN), "z": tf.constant([[0.5]])}
    weights = {"y": tf.ones(1), "z": tf.ones(1)}

    def of_task(task):
        return taught_loss(task, lesson("CROSS_ENTROPY", **SOFT))

    assert float(summed([BINARY, other], of_task)(labels, logits, weights)) == pytest.approx(math.log(2) + 2.25)
    turns = [float(alternating([BINARY, other], lambda s=s: s, of_task)(labels, logits, weights)) for s in (0, 1)]
    assert turns == pytest.approx([math.log(2), 2.25])


def test_the_auxiliary_head_is_taught_too() -> None:
    loss = with_auxiliary(taught_loss(BINARY, lesson("MSE_LOGITS")), 0.25)
    labels = {LABEL: [0], TEACHER: tf.constant([[0.0, 2.0]])}
    main, auxiliary = tf.constant([[0.0, 1.0]]), tf.constant([[0.0, 4.0]])
    assert float(loss(labels, [main, auxiliary], tf.ones(1))) == pytest.approx(0.75 * 0.5 + 0.25 * 2.0)


def test_a_lesson_of_hard_labels_is_the_loss_of_the_labels() -> None:
    logits = tf.constant([[0.3, -0.2], [1.0, 2.0]])
    sure = tf.constant([[0.0, 200.0], [200.0, 0.0]])
    taught = taught_loss(BINARY, lesson("CROSS_ENTROPY"))({LABEL: [0, 0], TEACHER: sure}, logits, tf.ones(2))
    assert float(taught) == pytest.approx(float(task_loss(BINARY)(tf.constant([1, 0]), logits, tf.ones(2))))
