from dataclasses import replace

import pytest

from model_search.architecture import Architecture
from model_search.report.leaderboard import hyperparameter_text, leaderboard_row
from model_search.report.trial_page import UNWRITTEN, trial_page
from model_search.study import Result, Suggestion, Trial, TrialState

VALUES = {"learning_rate": 0.0123456789, "dropout_rate": -1.0, "optimizer": "adam"}


def trial(origin: str) -> Trial:
    suggestion = Suggestion(Architecture.of(["A"]), VALUES, origin=origin)
    return Trial(3, TrialState.RUNNING, 1, "me", suggestion, None, "", 1)


def test_no_dropout_is_off_for_people_and_a_number_for_programs():
    assert hyperparameter_text(VALUES) == "learning_rate=0.01235, dropout_rate=off, optimizer=adam"
    assert hyperparameter_text({"dropout_rate": 0.0, "other": -1.0}) == "dropout_rate=0, other=-1"
    lines = trial_page(trial("mutate"), [])
    assert "  dropout_rate   off" in lines
    assert "  learning_rate  0.0123457" in lines
    assert leaderboard_row(trial("mutate"))["hyperparameters"]["dropout_rate"] == -1


def test_a_model_that_is_not_written_yet_is_not_said_to_be_there():
    result = Result(0.5, 0.5, {}, 10, 1.0, "trials/3/model.keras")
    completed = replace(trial("drawn"), state=TrialState.COMPLETED, result=result)
    path = "model: trials/3/model.keras"
    assert path in trial_page(completed, [])
    assert f"{path}{UNWRITTEN}" in trial_page(completed, [], is_written=False)


@pytest.mark.parametrize(
    ("origin", "said"), [("user", "the spec's suggestions"), ("mutate", "mutate"), ("", "unknown")]
)
def test_who_chose_it(origin, said):
    assert f"chosen by: {said}; parents: none" in trial_page(trial(origin), [])
