"""Trials that are stopped at a rung, on a real store and real networks."""

import numpy as np
import pytest
from searches import SPEC, open_small

from model_search.errors import UsageError
from model_search.report.leaderboard import ranked
from model_search.run_trial import run_trial
from model_search.study import Measurement, Result, TrialState
from model_search.training.evaluation_labels import read_logits
from model_search.training.fit import InterruptedTraining
from model_search.trial_store.contract import LeaseLostError

HALVING = SPEC + "early_stopping { rule: SUCCESSIVE_HALVING minimum_trials: 2 }"
RUNGS = (10, 30)


def claim(search):
    return search.store.claim(search.study.id, "tester", 60.0)


def open_with_others(folder, value: float, **training):
    """A search of 90 steps in which trials 1 and 2, which other trainers run, had a value at the first rung."""
    search = open_small(folder, HALVING, trials=6, **{"train_steps": 90, **training})
    for _ in range(2):
        other = search.store.claim(search.study.id, "other", 600.0)
        search.store.measure(other, Measurement(RUNGS[0], {}, value))
    return search


def test_a_trial_behind_others_is_stopped_and_stays_as_evidence(tmp_path) -> None:
    search = open_with_others(tmp_path, 2.0, checkpoint_seconds=0)
    run_trial(search, claim(search))
    trial = search.store.trial(search.study.id, 3)
    assert trial.state is TrialState.STOPPED
    assert trial.result.model == ""
    assert trial.result.flops and trial.result.latency_ms
    measurements = search.store.measurements(search.study.id, 3)
    assert [measurement.step for measurement in measurements] == [9, 10]
    assert measurements[-1].objective == trial.result.objective == trial.result.metrics["accuracy"]
    assert {path.name for path in (tmp_path / "trials" / "3").iterdir()} == {
        "suggestion.pbtxt", "replay.pbtxt", "measurements.json", "events.out.tfevents.model_search",
    }  # fmt: skip
    assert search.store.best(search.study.id, 9) == []
    assert search.history.stopped() == [trial]
    assert ranked(search.store.trials(search.study.id), search.study.config.objective)[0] == trial


def test_a_trial_ahead_of_others_goes_on_to_what_it_would_have_been(tmp_path) -> None:
    logits = []
    for name, spec in (("with", HALVING), ("without", SPEC)):
        search = open_small(tmp_path / name, spec, train_steps=90)
        run_trial(search, claim(search))
        assert search.store.trial(search.study.id, 1).state is TrialState.COMPLETED
        logits.append(read_logits(str(tmp_path / name), 1))
        values = [search.store.rung_values(search.study.id, step) for step in RUNGS]
        assert [len(rung) for rung in values] == ([1, 1] if name == "with" else [0, 0])
    np.testing.assert_allclose(*logits, rtol=1e-4, atol=1e-5)


def test_the_median_rule_counts_completed_and_stopped_trials(tmp_path) -> None:
    spec = SPEC + "early_stopping { rule: MEDIAN_RULE minimum_trials: 3 }"
    search = open_small(tmp_path, spec, trials=9, train_steps=90)
    for number, value in enumerate((2.0, 2.0, -1.0, -1.0, -1.0), 1):
        other = search.store.claim(search.study.id, "other", 600.0)
        search.store.measure(other, Measurement(RUNGS[0], {}, value))
        end = search.store.stop if number > 2 else search.store.complete
        end(other, Result(value, 1.0, {}, 1, 1.0, ""))
    # The median of all five is -1; of the completed ones alone it would be 2.
    run_trial(search, claim(search))
    assert search.store.trial(search.study.id, 6).state is TrialState.COMPLETED
    for _ in range(2):
        other = search.store.claim(search.study.id, "other", 600.0)
        search.store.measure(other, Measurement(RUNGS[0], {}, 2.0))
        search.store.complete(other, Result(2.0, 1.0, {}, 1, 1.0, ""))
    # Of eight that have ended four have 2, three -1, and the one from before an accuracy between them.
    run_trial(search, claim(search))
    assert search.store.trial(search.study.id, 9).state is TrialState.STOPPED


def test_a_trial_that_was_killed_at_a_rung_is_stopped_by_who_takes_it_up(tmp_path, monkeypatch) -> None:
    search = open_with_others(tmp_path, 2.0)

    def killed(*arguments) -> None:
        raise LeaseLostError("nothing is said any more")

    with monkeypatch.context() as patched:
        patched.setattr(search.store, "stop", killed)
        with pytest.raises(LeaseLostError):
            run_trial(search, claim(search))
    search.store.reap(search.study.id, ["tester"])
    assert search.store.trial(search.study.id, 3).state is TrialState.WAITING
    run_trial(search, claim(search))
    trial = search.store.trial(search.study.id, 3)
    assert (trial.state, trial.attempt) == (TrialState.STOPPED, 2)
    assert search.store.rung_values(search.study.id, RUNGS[0])[3] == trial.result.objective


def test_a_trial_interrupted_at_a_rung_has_passed_it(tmp_path) -> None:
    search = open_with_others(tmp_path, -1.0)
    measure = search.store.measure

    def interrupted(held, measurement) -> None:
        measure(held, measurement)
        if measurement.step == RUNGS[0]:
            search.stop.set()

    search.store.measure = interrupted
    with pytest.raises(InterruptedTraining):
        run_trial(search, claim(search))
    search.stop.clear()
    search.store.measure = measure
    run_trial(search, claim(search))
    assert search.store.trial(search.study.id, 3).state is TrialState.COMPLETED
    assert list(search.store.rung_values(search.study.id, RUNGS[0])) == [1, 2, 3]
    assert list(search.store.rung_values(search.study.id, RUNGS[1])) == [3]


def test_so_few_steps_that_nothing_would_be_compared_are_refused(tmp_path) -> None:
    with pytest.raises(UsageError, match="--train_steps=1: no trial would be compared"):
        open_small(tmp_path, HALVING, train_steps=1)
