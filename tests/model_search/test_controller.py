import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from studies import MemoryHistory

from model_search.algorithms import Proposal
from model_search.architecture import Architecture
from model_search.controller import Controller, SearchSpaceExhaustedError
from model_search.spec import complete, load_spec, parse_spec, validate
from model_search.study import TrialKind, TrialState

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
        controller_of("maximum_depth: 1").suggest(3, history)


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


INTERMIXED = """
  ensemble_spec {
    ensemble_search_type: INTERMIXED_NONADAPTIVE_ENSEMBLE_SEARCH
    intermixed_search { width: 2 try_ensembling_every: 3 }
  }
  distillation_spec { distillation_type: CROSS_ENTROPY minimal_pool_size: 3 }
"""


def phased(text: str) -> Controller:
    return Controller(complete(parse_spec(SPEC + text, "x")), 3, 100)


def test_ensembles_and_what_the_best_one_teaches() -> None:
    controller, history = phased(INTERMIXED), MemoryHistory()
    history.add([A], 0.6)
    history.add([B], 0.7)
    ensemble = controller.suggest(3, history)
    assert (ensemble.kind, ensemble.architecture.blocks, ensemble.members) == (TrialKind.ENSEMBLE, (), (1, 2))
    assert ensemble.hyperparameters == {}
    history.add([], 0.8, kind=TrialKind.ENSEMBLE, members=(1, 2))
    student = controller.suggest(4, history)
    assert (student.kind, student.teacher, student.members) == (TrialKind.DISTILLATION, 3, ())
    assert student.architecture.blocks and "learning_rate" in student.hyperparameters
    assert controller.suggest(5, history).kind is TrialKind.SEARCH


def test_a_phase_with_too_little_to_draw_on_searches() -> None:
    controller, history = phased(INTERMIXED), MemoryHistory()
    assert controller.suggest(4, history).kind is TrialKind.SEARCH
    history.add([A], 0.6)
    assert controller.suggest(3, history).kind is TrialKind.SEARCH
    assert controller.suggest(4, history).teacher == 1


def test_where_all_ensembles_have_been_made_the_trial_searches() -> None:
    controller, history = phased(INTERMIXED), MemoryHistory()
    history.add([A], 0.6)
    history.add([B], 0.7)
    assert controller.suggest(6, history, salt=0).kind is TrialKind.ENSEMBLE
    assert controller.suggest(6, history, salt=1).kind is TrialKind.SEARCH


def test_an_ensemble_that_grows_tries_towers_anew_in_each_stage() -> None:
    controller = phased("""
      ensemble_spec {
        ensemble_search_type: ADAPTIVE_ENSEMBLE_SEARCH
        adaptive_search { minimal_pool_size: 2 increase_width_every: 2 }
      }
      maximum_depth: 1
    """)
    history = MemoryHistory()
    for number in range(1, 9):
        suggestion = controller.suggest(number, history)
        assert suggestion.kind is TrialKind.SEARCH
        history.add(suggestion.architecture.blocks, number / 10, members=suggestion.members)
    assert [trial.suggestion.members for trial in history.trials] == [
        (), (), (2,), (2,), (2, 4), (2, 4), (2, 4, 6), (2, 4, 6),
    ]  # fmt: skip
    pairs = [{history.trials[i].architecture.blocks, history.trials[i + 1].architecture.blocks} for i in (0, 2, 4, 6)]
    assert pairs == [{(A,), (B,)}] * 4
