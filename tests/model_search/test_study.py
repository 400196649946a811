import math

import pytest
from studies import MemoryHistory

from model_search.architecture import Architecture
from model_search.study import Goal, Objective, Result, Suggestion, TrialState, canonical_json, rank_key


def test_fingerprints_tell_what_is_trained_and_nothing_else():
    first = Suggestion(Architecture.of(["A"]), {"x": 1.5, "y": 2}, parents=(1,), origin="grow")
    assert first.fingerprint == Suggestion(Architecture.of(["A"]), {"y": 2, "x": 1.5}).fingerprint
    assert first.fingerprint != Suggestion(Architecture.of(["A"]), {"x": 1.5, "y": 3}).fingerprint
    assert first.fingerprint != Suggestion(Architecture.of(["A", "A"]), {"x": 1.5, "y": 2}).fingerprint
    assert len(first.fingerprint) == 32


def test_members_and_teachers_are_part_of_what_is_trained():
    def fingerprint(**changes):
        return Suggestion(Architecture.of(["A"]), {"x": 1.5}, **changes).fingerprint

    assert fingerprint(members=(1, 2)) == fingerprint(members=(2, 1))
    assert len({fingerprint(**c) for c in ({}, {"members": (1, 2)}, {"members": (1,)}, {"teacher": 1})}) == 4


def test_ranking_is_by_objective_then_loss_then_number():
    history = MemoryHistory()
    for objective in (0.5, 0.9, 0.9, 0.7):
        history.add(["A"], objective)
    assert [trial.number for trial in history.best(3)] == [2, 3, 4]
    lower_loss = Result(0.9, 0.1, {}, 1, 1.0, "")
    maximize, minimize = Objective("accuracy", Goal.MAXIMIZE), Objective("loss", Goal.MINIMIZE)
    assert maximize.cost(0.9) == -0.9
    assert minimize.cost(0.9) == 0.9
    trial = history.trials[1]
    better = type(trial)(9, trial.state, 1, "", trial.suggestion, lower_loss, "", 1)
    assert rank_key(maximize, better) < rank_key(maximize, trial)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_results_are_finite(value):
    with pytest.raises(ValueError, match="finite"):
        Result(value, 0.1, {}, 1, 1.0, "")
    with pytest.raises(ValueError, match="finite"):
        Result(0.1, value, {}, 1, 1.0, "")


def test_states():
    assert [state.name for state in TrialState if state.is_final] == ["COMPLETED", "STOPPED", "INFEASIBLE"]
    history = MemoryHistory()
    history.add(["A"], 0.5)
    history.add(["B"], state=TrialState.RUNNING)
    assert history.trials[1].architecture == Architecture.of(["B"])


def test_canonical_json():
    assert canonical_json({"b": [1, 2.5], "a": True}) == '{"a":true,"b":[1,2.5]}'
