"""What a trial may train when others ask at the same moment, on a real trial database."""

from dataclasses import replace

import pytest
from searches import SPEC, open_small

from model_search.controller import Controller
from model_search.prepare_trial import MAX_SHARED, suggestions
from model_search.study import Suggestion

ONE = 'problem_type: DNN minimum_depth: 1 maximum_depth: 1 blocks_to_use: "FULLY_CONNECTED" '
SAME = 'user_suggestions { architecture: "FULLY_CONNECTED" } '


@pytest.fixture
def at_the_same_moment(tmp_path, monkeypatch):
    """Asks for trial 2 while trial 1 stores the same architecture: what both shall train, and how often was asked."""

    def asked(spec: str) -> tuple[Suggestion, Suggestion, int]:
        search = open_small(tmp_path, spec)
        first, second = (search.store.claim(search.study.id, name, 60.0) for name in "ab")
        stored: list[Suggestion] = []
        propose, salts = Controller.suggest, []

        def proposing(controller, number, history, salt=0):
            suggestion = propose(controller, number, history, salt)
            salts.append(salt)
            if not stored:
                stored.append(replace(suggestion, hyperparameters={**suggestion.hyperparameters, "learning_rate": 0.5}))
                search.store.suggest(first, stored[0])
            return suggestion

        monkeypatch.setattr(Controller, "suggest", proposing)
        found, _ = next(suggestions(search, second))
        assert search.store.trials(search.study.id)[1].suggestion == found
        return found, stored[0], len(salts)

    return asked


def test_an_architecture_that_another_trainer_was_told_at_the_same_moment_is_left_to_it(at_the_same_moment):
    found, other, asked = at_the_same_moment(SPEC)
    assert found.architecture != other.architecture
    assert asked == 2


def test_where_it_is_the_only_one_it_is_trained_twice_with_other_hyperparameters(at_the_same_moment):
    found, other, asked = at_the_same_moment(ONE)
    assert found.architecture == other.architecture
    assert found.hyperparameters != other.hyperparameters
    assert asked == 1 + MAX_SHARED


def test_what_users_want_twice_they_get_twice(at_the_same_moment):
    found, other, asked = at_the_same_moment(SPEC + SAME + SAME)
    assert (found.architecture, found.origin) == (other.architecture, "user")
    assert asked == 1
