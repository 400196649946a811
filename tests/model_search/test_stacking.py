"""Weights of members that are learned: exact values on problems that are solved by hand."""

import numpy as np
import pytest

from model_search.data.provider import Task, TaskKind
from model_search.ensemble_selection import Judged
from model_search.stacking import Learned, combined, fit_weights, stacked
from model_search.training.metrics import evaluate

TWO = Task(TaskKind.CLASSIFICATION, "label", ("no", "yes"))
NUMBER = Task(TaskKind.REGRESSION, "label", (), 0.0, 1.0)
SEVERAL = Task(TaskKind.MULTI_LABEL, "labels", ("x", "y"))
HALF = np.array([0.5, 0.5])
# Orthogonal, of mean square 1: the mean squared error of weights v on labels t a + u b is (v0 - t)^2 + (v1 - u)^2.
A, B = np.array([1.0, 1, -1, -1]), np.array([1.0, -1, 1, -1])


def numbers(labels: np.ndarray, *members: np.ndarray) -> Learned:
    return Learned(NUMBER, np.stack(members)[..., None], labels, np.ones(len(labels)))


def logits_of(margins: np.ndarray) -> np.ndarray:
    """Logits of two classes with these differences between the second and the first."""
    return np.stack([np.zeros(len(margins)), margins], axis=1)


def test_least_squares_without_a_pull() -> None:
    np.testing.assert_allclose(fit_weights(numbers(0.25 * A + 2 * B, A, B), HALF, 0.0), [0.25, 2], atol=1e-6)


def test_no_weight_is_below_zero() -> None:
    np.testing.assert_allclose(fit_weights(numbers(A - B, A, B), HALF, 0.0), [1, 0], atol=1e-6)


def test_the_pull_towards_the_mean_is_that_of_so_many_examples() -> None:
    # (v - 1)^2 + 8 / 4 / 2 (v - 1/2)^2 is least at (1 + 1/2) / 2.
    np.testing.assert_allclose(fit_weights(numbers(A + B, A, B), HALF, 8.0), [0.75, 0.75], atol=1e-6)
    np.testing.assert_allclose(fit_weights(numbers(A + B, A, B), HALF, 1e9), HALF, atol=1e-6)


def test_one_member_finds_its_temperature() -> None:
    # Always one apart, and right three times of four: the probability of what it says is to be 3/4, logits ln 3 apart.
    learned = Learned(TWO, logits_of(np.ones(4))[None], np.array([1, 1, 1, 0]), np.ones(4))
    np.testing.assert_allclose(fit_weights(learned, np.ones(1), 0.0), [np.log(3)], atol=1e-5)
    # The same of two labels an example, with weights of the examples in place of repeated ones.
    both = Learned(SEVERAL, np.ones((1, 2, 2)), np.array([[1, 1], [0, 0]]), np.array([3.0, 1.0]))
    np.testing.assert_allclose(fit_weights(both, np.ones(1), 0.0), [np.log(3)], atol=1e-5)


def test_where_nothing_is_better_than_the_mean_it_is_the_mean() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 60))
    known = Judged({3: a[:, None], 8: b[:, None]}, 0.75 * a + 0.25 * b, np.ones(60))
    np.testing.assert_array_equal(stacked(NUMBER, known, {8: 1, 3: 3})[""], [0.75, 0.25])
    # Two that know nothing of the labels: whatever weights fit what is learned from, do not fit the rest.
    coins = Judged({3: logits_of(a / 9), 8: logits_of(b / 9)}, rng.integers(0, 2, 60), np.ones(60))
    np.testing.assert_array_equal(stacked(TWO, coins, {3: 1, 8: 1})[""], HALF)


def test_of_one_member_that_knows_and_one_that_does_not_the_first_counts() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, 400))
    numbers_known = Judged({1: a[:, None], 2: b[:, None]}, a + 0.1 * rng.normal(size=400), np.ones(400))
    weights = stacked(NUMBER, numbers_known, {1: 1, 2: 1})[""]
    np.testing.assert_allclose(weights, [1, 0], atol=0.02)
    classes = Judged({1: logits_of(4 * a), 2: logits_of(4 * b)}, (a + rng.normal(size=400) > 0) * 1, np.ones(400))
    of_first, of_second = stacked(TWO, classes, {1: 1, 2: 1})[""]
    assert 0.2 < of_first < 0.7 and of_second < 0.05
    labels = np.stack([a, a], axis=1) + rng.normal(size=(400, 2)) > 0
    several = Judged({n: 4 * np.stack([x, x], axis=1) for n, x in ((1, a), (2, b))}, labels * 1.0, np.ones(400))
    of_first, of_second = stacked(SEVERAL, several, {1: 1, 2: 1})[""]
    assert 0.2 < of_first < 0.7 and of_second < 0.05


def test_each_task_has_its_own_weights() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, 200, 1))
    x, y = (Task(TaskKind.REGRESSION, name, (), 0.0, 1.0) for name in "xy")
    both = Task(TaskKind.MULTI_TASK, "both", tasks=(x, y))
    logits = {1: {"x": a, "y": a}, 2: {"x": b, "y": b}}
    weights = np.ones(200)
    known = Judged(logits, {"x": a[:, 0], "y": b[:, 0]}, {"x": weights, "y": weights})
    found = stacked(both, known, {1: 1, 2: 1})
    np.testing.assert_allclose([found["x"], found["y"]], [[1, 0], [0, 1]], atol=0.01)
    together = combined(list(logits.values()), found)
    np.testing.assert_allclose(together["x"], a, atol=0.05)
    assert evaluate(both, together, known.labels, known.weights)["loss"] < 1e-3


@pytest.mark.parametrize("task", [TWO, NUMBER])
def test_labels_of_steps_have_weights_of_steps(task) -> None:
    # Padding has weight 0: what stands there does not count.
    per_step = Task(task.kind, "label", task.classes, 0.0, 1.0, is_per_step=True)
    rng = np.random.default_rng(2)
    a, b = 3 * rng.normal(size=(2, 60, 5))
    weights = (np.arange(5) < rng.integers(2, 6, 60)[:, None]) * 1.0
    labels = (a + rng.normal(size=(60, 5)) > 0) * 1 if task is TWO else a
    given = [np.stack([np.zeros_like(x), x], axis=-1) if task is TWO else x[..., None] for x in (a, b)]
    spoiled = [np.where(weights[..., None] > 0, x, 5.0) for x in given]
    found = [stacked(per_step, Judged(dict(enumerate(x)), labels, weights), {0: 1, 1: 1})[""] for x in (given, spoiled)]
    assert found[0][0] > 2 * found[0][1]
    np.testing.assert_allclose(*found, atol=1e-5)
