"""Trials trained again from their `replay.pbtxt`, in an empty directory."""

import dataclasses
import threading

import numpy as np
import pytest
from searches import SPEC, open_small
from test_start_weights import DENSE, LOWRANK, run, sharing, stored

from model_search.architecture import Architecture
from model_search.errors import UsageError
from model_search.replay import NotYetError, wait_for_needs
from model_search.result_trial import result_trial
from model_search.spec import complete, parse_spec, validate
from model_search.spec.replay import replay_count, replay_needs
from model_search.study import Result, Suggestion, TrialKind, TrialState
from model_search.trainer import work


def replayed(tmp_path, number: int, **more):
    """A search of what the replay of a trial says, run; other settings than those of the trial's search."""
    text = (tmp_path / "trials" / str(number) / "replay.pbtxt").read_text()
    search = open_small(tmp_path / "again", text, trials=99, train_steps=7, batch_size=5, **more)
    assert work(search, "tester", 60.0) == ""
    return search


def assert_same_weights(first, again) -> None:
    assert first.keys() == again.keys()
    for name, value in first.items():
        np.testing.assert_allclose(value, again[name], rtol=0, atol=1e-6, err_msg=name)


def test_a_searched_trial_comes_out_the_same(tmp_path):
    search = open_small(tmp_path, trials=3, seed=5)
    work(search, "tester", 60.0)
    trial = search.store.trial(search.study.id, 3)
    again = replayed(tmp_path, 3)
    (only,) = again.store.trials(again.study.id)
    assert (only.state, only.suggestion.origin) == (TrialState.COMPLETED, "replay")
    assert only.suggestion == dataclasses.replace(trial.suggestion, origin="replay", parents=())
    assert only.result.metrics == pytest.approx(trial.result.metrics, abs=1e-6)
    assert_same_weights(stored(tmp_path, 3), stored(tmp_path / "again", 1))
    # A replay's own replay is the same again.
    twice = (tmp_path / "again" / "trials" / "1" / "replay.pbtxt").read_text()
    assert twice == (tmp_path / "trials" / "3" / "replay.pbtxt").read_text()


def test_a_trial_that_started_from_others_comes_out_the_same_behind_them(tmp_path):
    search = open_small(tmp_path, sharing("SNAPSHOT"), trials=5, seed=5)
    run(search, LOWRANK)
    run(search, DENSE)
    run(search, DENSE, LOWRANK, parents=(2,))
    run(search, LOWRANK, LOWRANK, parents=(1,))
    run(search, DENSE, "FULLY_CONNECTED", LOWRANK, parents=(3,))
    again = replayed(tmp_path, 5)
    trials = again.store.trials(again.study.id)
    assert [trial.suggestion.parents for trial in trials] == [(), (1,), (2,)]
    assert [len(trial.architecture) for trial in trials] == [1, 2, 3]
    for ours, theirs in ((2, 1), (3, 2), (5, 3)):
        assert_same_weights(stored(tmp_path, ours), stored(tmp_path / "again", theirs))


def test_averages_are_made_of_the_same_parts(tmp_path):
    search = open_small(tmp_path, sharing("LOSS_WEIGHTED_AVERAGE"), trials=3)
    for names in ((DENSE,), (DENSE, LOWRANK), (DENSE, DENSE)):
        run(search, *names)
    replayed(tmp_path, 3)
    assert_same_weights(stored(tmp_path, 3), stored(tmp_path / "again", 3))


def test_what_could_not_be_read_is_not_taken_in_the_replay_either(tmp_path):
    search = open_small(tmp_path, sharing("SNAPSHOT"))
    run(search, DENSE)
    (tmp_path / "trials" / "1" / "weights.npz").unlink()
    run(search, DENSE, LOWRANK, parents=(1,))
    again = replayed(tmp_path, 2)
    assert len(again.store.trials(again.study.id)) == 1
    assert_same_weights(stored(tmp_path, 2), stored(tmp_path / "again", 1))


ENSEMBLES = """
  ensemble_spec {
    ensemble_search_type: INTERMIXED_NONADAPTIVE_ENSEMBLE_SEARCH
    intermixed_search { width: 2 try_ensembling_every: 4 num_trials_to_consider: 3 }
    combining_type: %s
  }
"""


@pytest.mark.parametrize("combining", ["AVERAGE_ENSEMBLE", "WEIGHTED_ENSEMBLE"])
def test_an_ensemble_comes_out_the_same_behind_its_members(tmp_path, combining):
    search = open_small(tmp_path, SPEC + ENSEMBLES % combining, trials=4)
    assert work(search, "tester", 60.0) == ""
    trial = search.store.trial(search.study.id, 4)
    assert trial.suggestion.kind is TrialKind.ENSEMBLE, trial
    again = replayed(tmp_path, 4)
    members = [again.store.trial(again.study.id, number) for number in (1, 2)]
    assert [member.state for member in members] == [TrialState.COMPLETED] * 2
    last = again.store.trial(again.study.id, 3)
    assert (last.suggestion.kind, last.suggestion.members) == (TrialKind.ENSEMBLE, (1, 2))
    assert last.result.metrics == pytest.approx(trial.result.metrics, abs=1e-6)
    # What was replayed is what comes out, be a member better or not.
    assert result_trial(again.store, again.study) == last


def test_what_comes_out_of_a_replay_that_did_not_get_to_its_end_is_its_best(tmp_path):
    search = open_small(tmp_path, spec_of(" ".join(f"towers {{ architecture: '{n}' }}" for n in (DENSE, LOWRANK))), 9)
    assert result_trial(search.store, search.study) is None
    for objective in (0.75, 0.5):
        claim = search.store.claim(search.study.id, "tester", 60.0)
        search.store.suggest(claim, search.controller.suggest(claim.number, search.history))
        search.store.complete(claim, Result(objective, 1.0, {"accuracy": objective}, 1, 1.0, ""))
    assert result_trial(search.store, search.study).number == 1
    claim = search.store.claim(search.study.id, "tester", 60.0)
    search.store.suggest(claim, search.controller.suggest(claim.number, search.history))
    search.store.complete(claim, Result(0.25, 1.0, {"accuracy": 0.25}, 1, 1.0, ""))
    assert result_trial(search.store, search.study).number == 3


def spec_of(replay: str, more: str = "") -> str:
    return f"problem_type: DNN learning_spec {{ optimizers: 'adam' }} {more} replay {{ {replay} }}"


def test_towers_of_older_files_are_trained_as_they_are_and_nothing_else(tmp_path):
    rate = "hparams { hparam { key: 'learning_rate' value { float_value: 0.0009765625 } } }"
    search = open_small(tmp_path, spec_of(f"towers {{ architecture: ['{DENSE}', 'IDENTITY'] {rate} }}"), trials=9)
    assert search.study.config.max_trials == 1
    assert work(search, "tester", 60.0) == ""
    (only,) = search.store.trials(search.study.id)
    assert only.architecture == Architecture((DENSE, "IDENTITY"))
    assert only.suggestion.hyperparameters["learning_rate"] == 0.0009765625
    assert only.state is TrialState.COMPLETED


def test_several_towers_are_combined_behind_themselves(tmp_path):
    towers = " ".join(f"towers {{ architecture: '{name}' }}" for name in (DENSE, LOWRANK))
    search = open_small(tmp_path, spec_of(towers), trials=9)
    assert search.study.config.max_trials == 3
    combined = search.controller.suggest(3, search.history)
    assert combined == Suggestion(Architecture(()), {}, TrialKind.ENSEMBLE, origin="replay", members=(1, 2))
    assert replay_needs(search.spec, 3) == [1, 2] and replay_needs(search.spec, 2) == []


ENSEMBLE = """
trials { original: 4 kind: 'search' architecture: 'IDENTITY' }
trials { original: 6 kind: 'distillation' architecture: 'IDENTITY' teacher: 1 starts { trial: 1 weight: 1 } }
trials { original: 9 kind: 'ensemble' members: [1, 2] }
seed: 3 train_steps: 5 batch_size: 4
"""


def test_what_a_replay_needs():
    spec = complete(parse_spec(spec_of(ENSEMBLE), "x"))
    validate(spec)
    assert replay_count(spec) == 3
    assert [replay_needs(spec, number) for number in (1, 2, 3)] == [[], [1], [1, 2]]


def test_a_trial_waits_for_those_that_it_is_made_from(tmp_path):
    search = open_small(tmp_path, sharing("SNAPSHOT"))
    run(search, DENSE)
    run(search, DENSE, LOWRANK, parents=(1,))
    text = (tmp_path / "trials" / "2" / "replay.pbtxt").read_text()
    again = open_small(tmp_path / "again", text)
    first = again.store.claim(again.study.id, "one", 60.0)
    with pytest.raises(NotYetError):
        wait_for_needs(again, 2)
    # A trainer that meets it gives it back and looks again; the trial's attempts do not count.
    other = threading.Thread(target=work, args=(again, "two", 60.0))
    other.start()
    again.stop.wait(1.0)
    again.store.fail(first, "out of memory")
    other.join(60)
    assert not other.is_alive()
    second = again.store.trial(again.study.id, 2)
    assert (second.state, second.attempt) == (TrialState.INFEASIBLE, 1)
    assert second.error == "trial 1, which it is made from, has not completed: out of memory"


@pytest.mark.parametrize(
    ("replay", "more", "message"),
    [
        (
            "towers { architecture: 'IDENTTY' }",
            "",
            "replay.towers[0].architecture is 'IDENTTY'; no block has this name",
        ),
        ("towers {}", "", "replay.towers[0].architecture is []; it must name at least one block"),
        (
            "towers { architecture: 'IDENTITY' }",
            "user_suggestions { architecture: 'IDENTITY' }",
            "user_suggestions is 'given'; replay excludes it",
        ),
        ("towers { architecture: 'IDENTITY' }" + ENSEMBLE, "", "replay.towers is 'given'; replay.trials excludes it"),
        ("seed: 5", "", "replay is '{}'; it must have towers"),
        (ENSEMBLE.replace("[1, 2]", "[1, 3]"), "", "replay.trials[2] is 3; a trial is made from trials before it"),
        (ENSEMBLE.replace("[1, 2]", "[]"), "", "replay.trials[2].members is []; an ensemble has members"),
        (ENSEMBLE.replace("teacher: 1", ""), "", "replay.trials[1].teacher is 0; trials of the kind distillation have"),
        (ENSEMBLE.replace("'search'", "'serch'"), "", "replay.trials[0].kind is 'serch'; it must be one of search"),
        (ENSEMBLE.replace("batch_size: 4", ""), "", "replay.batch_size is 0; it must be 1 or more"),
        (ENSEMBLE.replace("original: 9", ""), "", "replay.trials[2].original is 0; it must be 1 or more"),
    ],
)
def test_replays_that_are_wrong(replay, more, message):
    with pytest.raises(UsageError) as caught:
        validate(complete(parse_spec(spec_of(replay, more), "x")))
    assert str(caught.value).startswith(f"spec field {message}")
