import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from studies import MemoryHistory

from model_search.algorithms import Proposal
from model_search.architecture import Architecture
from model_search.controller import Controller, SearchSpaceExhaustedError
from model_search.spec import complete, load_spec, parse_spec, validate
from model_search.study import TrialState

A, B = "FULLY_CONNECTED", "LOWRANK_1"
SPEC = f"problem_type: DNN minimum_depth: 1 blocks_to_use: ['{A}', '{B}'] "
PINNED = "hparams { hparam { key: 'learning_rate' value { float_value: 0.5 } } }"


def controller_of(text: str, seed: int = 3) -> Controller:
    spec = complete(parse_spec(SPEC + text, "x"))
    validate(spec)
    return Controller(spec, seed, 100)


@settings(max_examples=20)
@given(seed=st.integers(0, 2**31 - 1), number=st.integers(1, 1000), salt=st.integers(0, 3))
def test_answers_depend_on_seed_number_salt_and_history_alone(seed, number, salt):
    first = controller_of("", seed).suggest(number, MemoryHistory(), salt)
    controller = controller_of("", seed)
    controller.suggest(number + 1, MemoryHistory())
    assert controller.suggest(number, MemoryHistory(), salt) == first
    assert controller.suggest(number, MemoryHistory(), salt + 1).fingerprint != first.fingerprint
    assert controller.suggest(number + 1, MemoryHistory(), salt + 1).fingerprint != first.fingerprint


def test_the_first_trial_trains_with_known_good_values():
    controller = Controller(complete(load_spec("small_dnn")), 0, 500)
    first = controller.suggest(1, MemoryHistory())
    assert first.hyperparameters["learning_rate"] == pytest.approx(2e-3)
    assert first.hyperparameters["optimizer"] == "adam"
    assert first.hyperparameters["dropout_rate"] == -1
    again = controller.suggest(1, MemoryHistory(), salt=1)
    assert again.hyperparameters["learning_rate"] != first.hyperparameters["learning_rate"]


def test_user_suggestions_come_first():
    controller = controller_of(
        f"user_suggestions {{ architecture: ['{B}', '{A}'] {PINNED} }} user_suggestions {{ architecture: '{A}' }}"
    )
    history = MemoryHistory()
    first, second, third = (controller.suggest(number, history) for number in (1, 2, 3))
    assert (first.architecture.blocks, first.origin, first.parents) == ((B, A), "user", ())
    assert first.hyperparameters["learning_rate"] == 0.5
    assert second.architecture.blocks == (A,)
    assert second.hyperparameters["learning_rate"] < 0.1
    assert third.origin == "random"


def test_a_users_plates_get_their_flatten():
    suggestion = Controller(complete(load_spec("cnn")), 0, 10).suggest(1, MemoryHistory())
    assert suggestion.origin == "user"
    assert suggestion.architecture.blocks[-1] == "PLATE_REDUCTION_FLATTEN"


def test_a_suggestion_that_failed_or_was_refused_gives_way_to_the_search():
    controller = controller_of(f"user_suggestions {{ architecture: '{A}' }} user_suggestions {{ architecture: '{A}' }}")
    history = MemoryHistory()
    history.add([A], state=TrialState.INFEASIBLE)
    assert controller.suggest(2, history).architecture.blocks == (B,)
    assert controller.suggest(2, MemoryHistory(), salt=4).origin == "user"
    assert controller.suggest(2, MemoryHistory(), salt=5).origin == "random"


def test_when_all_has_failed_the_search_says_so():
    history = MemoryHistory()
    for name in (A, B):
        history.add([name], state=TrialState.INFEASIBLE)
    with pytest.raises(SearchSpaceExhaustedError, match="2 architectures"):
        controller_of("").suggest(3, history)


@pytest.mark.parametrize("method", ["random", "bayesian"])
def test_a_whole_study_is_the_same_twice_and_has_no_trial_twice(method):
    def study() -> list[str]:
        controller, history = controller_of(f"hypertuning_method: '{method}'"), MemoryHistory()
        for number in range(1, 13):
            suggestion = controller.suggest(number, history)
            history.add(suggestion.architecture.blocks, 1 / number, hyperparameters=suggestion.hyperparameters)
        return [trial.suggestion.fingerprint for trial in history.trials]

    prints = study()
    assert prints == study()
    assert len(set(prints)) == 12


def test_what_the_search_proposes_of_hyperparameters_comes_before_the_oracle():
    controller = controller_of("")
    controller._search = lambda spec, history, rng: Proposal(Architecture.of([A]), (), "x", {"learning_rate": 0.25})
    first, later = controller.suggest(1, MemoryHistory()), controller.suggest(7, MemoryHistory())
    assert first.hyperparameters == {"learning_rate": 0.25, "optimizer": "momentum"}
    assert later.hyperparameters.keys() == {"learning_rate", "optimizer"}
    assert later.hyperparameters["learning_rate"] == 0.25


def test_where_the_search_proposes_all_no_oracle_is_asked(monkeypatch):
    controller, given = controller_of(""), {"learning_rate": 0.25, "optimizer": "sgd"}
    controller._search = lambda spec, history, rng: Proposal(Architecture.of([A]), (), "x", given)
    monkeypatch.setattr("model_search.controller.propose", None)
    assert controller.suggest(7, MemoryHistory()).hyperparameters == given
    with pytest.raises(TypeError):
        given.pop("optimizer")
        controller.suggest(7, MemoryHistory())
