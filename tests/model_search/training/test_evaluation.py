"""Metrics batch by batch, beside those of all examples at once."""

import numpy as np
import pytest

from model_search.data.provider import Task, TaskKind
from model_search.errors import NonFiniteLossError
from model_search.training.evaluation import evaluated
from model_search.training.metrics import evaluate


def batches(outputs: int, seed: int = 0):
    rng = np.random.default_rng(seed)
    for rows in (3, 5):
        logits = rng.normal(size=(rows, 4, outputs)).astype(np.float32)
        weights = (np.arange(4) < rng.integers(1, 5, rows)[:, None]) * rng.uniform(0.5, 2, (rows, 1))
        yield logits, rng.integers(0, outputs, (rows, 4)).astype(np.int32), weights.astype(np.float32)


@pytest.mark.parametrize("outputs", [2, 3, 9])
def test_steps_have_the_metrics_of_all_logits_at_once(outputs):
    task = Task(TaskKind.CLASSIFICATION, "y", tuple("abcdefghi"[:outputs]), is_per_step=True)
    logits, labels, weights = (np.concatenate(column) for column in zip(*batches(outputs), strict=True))
    expected = evaluate(task, logits, labels, weights)
    found, kept = evaluated(task, batches(outputs))
    assert set(found) == set(expected)
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=1e-5), name
    assert (kept is None) == (outputs > 2)


def test_one_step_by_hand():
    task = Task(TaskKind.CLASSIFICATION, "y", ("a", "b", "c"), is_per_step=True)
    logits = np.log(np.array([[[0.5, 0.25, 0.25], [0.1, 0.8, 0.1]]], np.float32))
    found, _ = evaluated(task, [(logits, np.array([[1, 7]]), np.array([[2.0, 0.0]], np.float32))])
    assert found == pytest.approx({"accuracy": 0.0, "loss": np.log(4), "perplexity": 4.0}, rel=1e-6)


def test_logits_that_are_not_finite():
    task = Task(TaskKind.CLASSIFICATION, "y", ("a", "b", "c"), is_per_step=True)
    logits = np.full((1, 2, 3), np.nan, np.float32)
    with pytest.raises(NonFiniteLossError):
        evaluated(task, [(logits, np.zeros((1, 2), int), np.ones((1, 2), np.float32))])
