"""Metrics worked by hand."""

import math

import numpy as np
import pytest

from model_search.data.provider import Task, TaskKind
from model_search.errors import NonFiniteLossError, UsageError
from model_search.study import Goal
from model_search.training.metrics import GOALS, evaluate, metric_names, objective_for

BINARY = Task(TaskKind.CLASSIFICATION, "y", ("no", "yes"))
SEVEN = Task(TaskKind.CLASSIFICATION, "y", tuple("abcdefg"))
VALUE = Task(TaskKind.REGRESSION, "y", target_mean=10.0, target_scale=2.0)


def test_binary_metrics() -> None:
    # Probability of yes: 1/2, 3/4, 1/4, 9/10; the tie goes to the first class.
    logits = np.log(np.array([[1, 1], [1, 3], [3, 1], [1, 9]], np.float64))
    labels = np.array([1, 1, 0, 0], np.int32)
    found = evaluate(BINARY, logits, labels, np.ones(4, np.float32))
    assert found["accuracy"] == 0.5
    assert found["loss"] == pytest.approx(-(math.log(0.5) + 2 * math.log(0.75) + math.log(0.1)) / 4)
    # Pairs (yes, no) ordered right: 0.5 > 0.25, 0.75 > 0.25; wrong against 0.9.
    assert found["auc"] == 0.5
    # One true positive, one false positive, one false negative.
    assert found["f1"] == 0.5
    assert found["balanced_accuracy"] == 0.5


def test_weights_count() -> None:
    logits = np.array([[2.0, 0.0], [2.0, 0.0]])
    found = evaluate(BINARY, logits, np.array([0, 1], np.int32), np.array([3.0, 1.0], np.float32))
    assert found["accuracy"] == 0.75


def test_top_5() -> None:
    logits = np.array([[7, 6, 5, 4, 3, 2, 1], [7, 6, 5, 4, 3, 2, 1]], np.float64)
    found = evaluate(SEVEN, logits, np.array([4, 5], np.int32), np.ones(2, np.float32))
    assert found["top_5_accuracy"] == 0.5


def test_regression_metrics_are_in_the_labels_unit() -> None:
    logits = np.array([[0.0], [1.0]])  # 10 and 12
    found = evaluate(VALUE, logits, np.array([11.0, 15.0], np.float32), np.ones(2, np.float32))
    assert found["mae"] == 2.0
    assert found["rmse"] == pytest.approx(math.sqrt(5))
    assert found["r2"] == pytest.approx(1 - 10 / 8)
    assert found["loss"] == pytest.approx(5 / 4)


@pytest.mark.parametrize("task", [BINARY, SEVEN, VALUE])
def test_every_metric_of_a_task_is_there_and_has_a_direction(task: Task) -> None:
    labels = np.arange(6) % max(2, task.outputs)
    logits = np.random.default_rng(0).normal(size=(6, task.outputs))
    found = evaluate(task, logits, labels.astype(np.int32), np.ones(6, np.float32))
    assert set(found) == set(metric_names(task)) <= set(GOALS)


def test_logits_that_are_not_finite_fail_the_trial() -> None:
    with pytest.raises(NonFiniteLossError):
        evaluate(BINARY, np.array([[np.nan, 0.0]]), np.array([0], np.int32), np.ones(1, np.float32))


def test_objectives() -> None:
    assert objective_for(BINARY).metric == "accuracy"
    assert objective_for(VALUE).goal is Goal.MINIMIZE
    assert objective_for(VALUE, "r2", "max").goal is Goal.MAXIMIZE
    with pytest.raises(UsageError, match=r"accurcy.*did you mean accuracy"):
        objective_for(BINARY, "accurcy")
    with pytest.raises(UsageError, match="contradicts loss, which is to minimize"):
        objective_for(BINARY, "loss", "max")
    with pytest.raises(UsageError, match="not a regression metric"):
        objective_for(VALUE, "accuracy")


def test_areas_of_several_classes_are_means_against_the_rest():
    # Class 0 is ranked right, class 1 has one of its two pairs wrong; class 2 is absent and does not count.
    task = Task(TaskKind.CLASSIFICATION, "y", classes=("a", "b", "c"))
    logits = np.log([[0.8, 0.1, 0.1], [0.3, 0.4, 0.3], [0.2, 0.3, 0.5]])
    labels = np.array([0, 0, 1])
    found = evaluate(task, logits, labels, np.ones(3))
    # Against the rest: class 0 has 0.8 and 0.3 against 0.2; class 1 has 0.3 against 0.1 and 0.4.
    assert found["auc"] == pytest.approx((1.0 + 0.5) / 2)
    assert found["pr_auc"] == pytest.approx((1.0 + 0.5) / 2)
    assert {"auc", "pr_auc"} <= set(metric_names(task))
    many = Task(TaskKind.CLASSIFICATION, "y", classes=tuple(map(str, range(101))))
    assert "auc" not in metric_names(many)
