"""Greedy selection and stacking on logits made by hand."""

import numpy as np
import pytest

from model_search.data.provider import Task, TaskKind
from model_search.ensemble_selection import Judged, halves, selected, stacked, weighted_mean
from model_search.training.metrics import evaluate, loss_of

TWO = Task(TaskKind.CLASSIFICATION, "label", ("no", "yes"))
ONES = np.ones(4, np.float32)


def logits_of(*margins: float) -> np.ndarray:
    """Logits of two classes with these differences between the second and the first."""
    return np.stack([np.zeros(len(margins)), np.array(margins)], axis=1).astype(np.float32)


def test_trials_that_are_wrong_in_different_places_go_together() -> None:
    # Each is wrong about one example; the mean of 1 and 2 is right about all. 3 is worse in all and is left out.
    logits = {1: logits_of(3, 3, -3, 1), 2: logits_of(3, 3, 1, -3), 3: logits_of(-1, -1, 1, 1)}
    known = Judged(logits, np.array([1, 1, 0, 0]), ONES)
    assert selected(TWO, known, 2) == {1: 1, 2: 1}
    np.testing.assert_allclose(weighted_mean(logits, {1: 1, 2: 1}), logits_of(3, 3, -1, -1))


def test_a_trial_may_be_in_more_than_once() -> None:
    # Margins of the means: 1 and 2 (1.5, 6), losses 0.20 + 0.00; twice 1 and once 2 (2, 4), losses 0.13 + 0.02.
    known = Judged({1: logits_of(3, 0), 2: logits_of(0, 12)}, np.array([1, 1]), np.ones(2, np.float32))
    assert selected(TWO, known, 3) == {1: 2, 2: 1}
    assert selected(TWO, known, 2) == {1: 1, 2: 1}


def test_one_that_nothing_helps_stays_alone() -> None:
    known = Judged({4: logits_of(9, 9, -9, -9), 7: logits_of(-1, -1, 1, 1)}, np.array([1, 1, 0, 0]), ONES)
    assert set(selected(TWO, known, 5)) == {4}
    assert selected(TWO, known, 1) == {4: 1}


def test_halves_are_all_examples_and_always_the_same() -> None:
    first, second = halves(101, 3)
    assert sorted([*first, *second]) == list(range(101)) and (len(first), len(second)) == (51, 50)
    np.testing.assert_array_equal(first, halves(101, 3)[0])
    assert list(first) != list(halves(101, 4)[0])


def noisy(task: Task, seed: int = 0) -> Judged:
    """Two members that each know one of two features of 400 examples."""
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(2, 400))
    if task.kind is TaskKind.REGRESSION:
        logits = {1: a[:, None], 2: b[:, None]}
        return Judged(logits, (a + b).astype(np.float32), np.ones(400, np.float32))
    return Judged({1: logits_of(*a), 2: logits_of(*b)}, (a + b > 0).astype(np.int32), np.ones(400, np.float32))


def test_stacking_of_classes_beats_each_member() -> None:
    known = noisy(TWO)
    stack = stacked(TWO, known, [1, 2])[""]
    assert (stack.kernel.shape, stack.bias.shape) == ((4, 2), (2,))
    combined = stack([known.logits[1], known.logits[2]])
    assert evaluate(TWO, combined, known.labels, known.weights)["accuracy"] > 0.97


def test_stacking_of_numbers_finds_their_sum() -> None:
    task = Task(TaskKind.REGRESSION, "label", (), 0.0, 1.0)
    known = noisy(task)
    stack = stacked(task, known, [1, 2])[""]
    np.testing.assert_allclose(stack.kernel[:, 0], [1, 1], atol=0.1)
    assert stack([known.logits[1], known.logits[2]]).shape == (400, 1)


def test_stacking_of_several_labels_and_tasks() -> None:
    several = Task(TaskKind.MULTI_LABEL, "labels", ("x", "y"))
    rng = np.random.default_rng(0)
    logits = {n: rng.normal(size=(200, 2)).astype(np.float32) for n in (1, 2)}
    labels = (logits[1] + logits[2] > 0).astype(np.float32)
    stack = stacked(several, Judged(logits, labels, np.ones(200)), [1, 2])[""]
    assert stack.kernel.shape == (4, 2)
    assert (((stack([logits[1], logits[2]]) > 0) == labels).mean()) > 0.95
    both = Task(TaskKind.MULTI_TASK, "both", tasks=(TWO,))
    known = noisy(TWO)
    of_tasks = Judged(
        {n: {"label": tree} for n, tree in known.logits.items()}, {"label": known.labels}, {"label": known.weights}
    )
    np.testing.assert_allclose(stacked(both, of_tasks, [1, 2])["label"].kernel, stacked(TWO, known, [1, 2])[""].kernel)
    assert selected(both, of_tasks, 2) == selected(TWO, known, 2)


@pytest.mark.parametrize("kind", ["classes", "numbers", "labels"])
def test_the_loss_alone_is_the_metric(kind) -> None:
    rng = np.random.default_rng(1)
    task, labels = {
        "classes": (TWO, rng.integers(0, 2, 50)),
        "numbers": (Task(TaskKind.REGRESSION, "label", (), 2.0, 3.0), rng.normal(size=50)),
        "labels": (Task(TaskKind.MULTI_LABEL, "label", ("a", "b")), rng.integers(0, 2, (50, 2)).astype(np.float32)),
    }[kind]
    logits = rng.normal(size=(50, task.outputs)).astype(np.float32)
    weights = rng.uniform(size=50)
    assert loss_of(task, logits, labels, weights) == pytest.approx(evaluate(task, logits, labels, weights)["loss"])
