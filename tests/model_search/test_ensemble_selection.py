"""Greedy selection on logits made by hand."""

import numpy as np
import pytest

from model_search.data.provider import Task, TaskKind
from model_search.ensemble_selection import Judged, greedily_selected, halves, rounded, selected
from model_search.stacking import combined, shares_of
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
    assert greedily_selected(TWO, known, 2) == {1: 1, 2: 1}
    mean = combined([logits[1], logits[2]], shares_of(TWO, {1: 1, 2: 1}))
    np.testing.assert_allclose(mean, logits_of(3, 3, -1, -1))
    np.testing.assert_allclose(shares_of(TWO, {7: 3, 2: 1})[""], [1 / 4, 3 / 4])


def test_a_trial_may_be_in_more_than_once() -> None:
    # Margins of the means: 1 and 2 (1.5, 6), losses 0.20 + 0.00; twice 1 and once 2 (2, 4), losses 0.13 + 0.02.
    known = Judged({1: logits_of(3, 0), 2: logits_of(0, 12)}, np.array([1, 1]), np.ones(2, np.float32))
    assert greedily_selected(TWO, known, 3) == {1: 2, 2: 1}
    assert greedily_selected(TWO, known, 2) == {1: 1, 2: 1}


@pytest.mark.parametrize("select", [selected, greedily_selected])
def test_one_that_nothing_helps_stays_alone(select) -> None:
    known = Judged({4: logits_of(9, 9, -9, -9), 7: logits_of(-1, -1, 1, 1)}, np.array([1, 1, 0, 0]), ONES)
    assert set(select(TWO, known, 5)) == {4}
    assert select(TWO, known, 1) == {4: 1}


def test_votes_are_rounded_to_members() -> None:
    # Of 10 members 4.6, 4.4 and 1: the largest remainder gets the one that is left.
    assert rounded({3: 46, 1: 44, 2: 10}, 10) == {1: 4, 2: 1, 3: 5}
    # Of 4 members 2.8, 1.1 and 0.1.
    assert rounded({1: 0.7, 5: 0.275, 9: 0.025}, 4) == {1: 3, 5: 1}
    # Of 10 members twice 5, which is once each. Of equal remainders the first trial's counts.
    assert rounded({1: 1, 2: 1}, 10) == {1: 1, 2: 1}
    assert rounded({2: 1, 1: 1}, 3) == {1: 2, 2: 1}
    assert rounded({8: 2.0}, 7) == {8: 1}


def test_members_by_many_draws_are_the_same_each_time_and_as_many_as_allowed() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 80)
    signal = np.where(labels == 1, 1.0, -1.0)
    logits = {number: logits_of(*(signal + rng.normal(scale=2, size=80))) for number in range(1, 7)}
    known = Judged(logits, labels, np.ones(80, np.float32))
    found = {size: selected(TWO, known, size) for size in (2, 5, 10)}
    assert all(sum(counts.values()) <= size for size, counts in found.items())
    assert found == {size: selected(TWO, known, size) for size in found}
    # Six that are wrong by chance in different places: the mean of many votes has most of them.
    assert len(found[10]) >= 5 and list(found[10]) == sorted(found[10])


def test_examples_without_weight_do_not_count_in_draws() -> None:
    known = Judged({1: logits_of(1, 1, 1, 1)}, np.array([1, 1, 0, 0]), np.array([1, 0, 0, 0], np.float32))
    np.testing.assert_array_equal(known.drawn(np.array([2, 1, 1, 0])).weights, [2, 0, 0, 0])
    assert known.drawn(np.array([0, 2, 1, 1])) is known


def test_halves_are_all_examples_and_always_the_same() -> None:
    first, second = halves(101, 3)
    assert sorted([*first, *second]) == list(range(101)) and (len(first), len(second)) == (51, 50)
    np.testing.assert_array_equal(first, halves(101, 3)[0])
    assert list(first) != list(halves(101, 4)[0])


def test_several_tasks_are_selected_by_the_sum_of_their_losses() -> None:
    both = Task(TaskKind.MULTI_TASK, "both", tasks=(TWO,))
    labels, weights = np.array([1, 1, 0, 0]), ONES
    logits = {1: logits_of(3, 3, -3, 1), 2: logits_of(3, 3, 1, -3), 3: logits_of(-1, -1, 1, 1)}
    of_tasks = Judged({n: {"label": tree} for n, tree in logits.items()}, {"label": labels}, {"label": weights})
    assert greedily_selected(both, of_tasks, 2) == {1: 1, 2: 1}
    assert selected(both, of_tasks, 3) == selected(TWO, Judged(logits, labels, weights), 3)


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
