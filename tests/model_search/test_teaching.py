"""Students and teachers on a real search: what is computed where, what moves, and what happens when files are lost."""

from dataclasses import replace

import numpy as np
import pytest
from searches import SPEC, open_small

from model_search.architecture import Architecture
from model_search.controller import Controller
from model_search.data.trees import mapped
from model_search.model_dir import UNTAUGHT, add_note, notes_of
from model_search.phases import kind_of
from model_search.prepare_trial import note_missing_kind
from model_search.report.leaderboard import leaderboard_rows, teacher_text
from model_search.report.trial_page import trial_page
from model_search.run_trial import run_trial
from model_search.stored_networks import stored_network
from model_search.study import Suggestion, TrialKind, TrialState, rank_key
from model_search.teaching import teaching_of
from model_search.trainer import work
from model_search.training.evaluation_labels import read_logits
from model_search.training.teacher_outputs import TeacherOutputs

HYPERPARAMETERS = {"learning_rate": 2**-7, "optimizer": "adam", "dropout_rate": -1.0}
TEACHER = Suggestion(Architecture.of(["FIXED_OUTPUT_FULLY_CONNECTED_64"]), HYPERPARAMETERS)
STUDENT = Suggestion(Architecture.of(["FULLY_CONNECTED"]), HYPERPARAMETERS, TrialKind.DISTILLATION, teacher=1)
BALANCED = """distillation_spec {
    distillation_type: ADAPTIVELY_BALANCE_LOSSES minimal_pool_size: 1
    balance_losses_spec { num_ramp_trials: 4 minimum_lambda: 1 maximum_lambda: 3 } }"""


@pytest.fixture
def taught(tmp_path, monkeypatch):
    """Runs one trial that is a teacher and then its students, with any changes of the search between them."""

    def run(folder: str, distillation: str = BALANCED, change=lambda search: search, students: int = 1, **training):
        search = open_small(tmp_path / folder, SPEC + distillation, trials=9, **training)
        monkeypatch.setattr(Controller, "suggest", lambda controller, number, history, salt=0: TEACHER)
        run_trial(search, search.store.claim(search.study.id, "tester", 60.0))
        search = change(search) or search
        for number in range(students):
            own = {**HYPERPARAMETERS, "learning_rate": 2**-7 * (1 + number / 8)}
            student = replace(STUDENT, hyperparameters=own)
            monkeypatch.setattr(Controller, "suggest", lambda c, n, history, salt=0, s=student: s)
            run_trial(search, search.store.claim(search.study.id, "tester", 60.0))
        return search

    return run


def logits(search, number):
    return read_logits(search.model_dir, number)


def weights(search, number):
    return [np.array(value) for value in stored_network(search, number).get_weights()]


def test_a_stored_network_is_the_one_that_was_evaluated(taught) -> None:
    search = taught("a", students=0)
    x = search.pipeline.evaluation_arrays().x
    np.testing.assert_allclose(stored_network(search, 1)(x), logits(search, 1), rtol=1e-5, atol=1e-6)


def test_cached_and_computed_teachers_give_the_same_student(taught) -> None:
    cached = taught("cached")
    computed = taught("computed", change=lambda search: replace(search, teacher_outputs=TeacherOutputs(limit=0)))
    teaching = [teaching_of(search, STUDENT, 2, search.pipeline) for search in (cached, computed)]
    assert teaching[0].network is None
    assert teaching[1].outputs is None
    for found, expected in zip(weights(computed, 2), weights(cached, 2), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    # And it is another student than without a teacher.
    alone = taught("alone", change=lambda search: (search.store, remove_weights(search))[1])
    assert np.abs(logits(alone, 2) - logits(cached, 2)).max() > 0.01


def test_a_teacher_is_asked_once_for_all_its_students(taught, monkeypatch) -> None:
    asked = []
    own = stored_network
    monkeypatch.setattr("model_search.teaching.stored_network", lambda *given: asked.append(given[1]) or own(*given))
    search = taught("a", students=3)
    assert asked == [1]
    outputs = teaching_of(search, STUDENT, 5, search.pipeline).outputs
    assert outputs.shape == (len(search.pipeline.train_arrays()), 2)


@pytest.mark.parametrize("limit", [0, 1 << 20])
def test_the_teacher_does_not_move_by_a_bit(taught, monkeypatch, limit) -> None:
    networks = []

    def kept(*given):
        networks.append(stored_network(*given))
        return networks[-1]

    monkeypatch.setattr("model_search.teaching.stored_network", kept)
    norm = replace(TEACHER, architecture=Architecture.of(["FULLY_CONNECTED_RESIDUAL_CONCAT_BATCHNORM"]))
    monkeypatch.setattr("test_teaching.TEACHER", norm)
    search = taught("a", change=lambda search: replace(search, teacher_outputs=TeacherOutputs(limit)))
    stored = weights(search, 1)
    assert len(networks) == 1
    assert len(stored) > 4  # The moving statistics among them.
    for found, expected in zip(networks[0].get_weights(), stored, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_lambda_goes_by_the_number_of_the_trial(taught) -> None:
    search = taught("a", students=0)
    weights = [teaching_of(search, STUDENT, number, search.pipeline).lesson.weight for number in (1, 3, 5, 9)]
    assert weights == [1.0, 2.0, 3.0, 3.0]


def test_an_ensemble_teaches_by_the_mean_of_its_members(taught, monkeypatch) -> None:
    search = taught("a", students=1)
    together = Suggestion(Architecture(()), {}, TrialKind.ENSEMBLE, members=(1, 2))
    search.store.suggest(search.store.claim(search.study.id, "tester", 60.0), together)
    outputs = teaching_of(search, replace(STUDENT, teacher=3), 4, search.pipeline).outputs
    x = search.pipeline.train_arrays().x
    each = [np.asarray(stored_network(search, number)(x)) for number in (1, 2)]
    np.testing.assert_allclose(outputs, (each[0] + each[1]) / 2, rtol=1e-5, atol=1e-6)


def test_a_student_without_a_teacher_searches_and_says_so(taught) -> None:
    search = taught("a", students=0)
    due = next(number for number in range(1, 50) if kind_of(search.spec, number) is TrialKind.DISTILLATION)
    suggestion = Suggestion(Architecture.of(["FULLY_CONNECTED"]), {}, TrialKind.SEARCH)
    note_missing_kind(search, due, suggestion)
    note_missing_kind(search, due + 1, replace(suggestion, kind=kind_of(search.spec, due + 1)))
    assert notes_of(search.model_dir, due) == ["searched, since no trial had completed that could teach"]
    assert notes_of(search.model_dir, due + 1) == []


def test_a_phase_of_distillation_gives_students_the_best_trial(tmp_path) -> None:
    spec = SPEC + "distillation_spec { distillation_type: CROSS_ENTROPY minimal_pool_size: 2 temperature: 2 }"
    search = open_small(tmp_path, spec, trials=4, train_steps=10)
    work(search, "tester", 60.0)
    trials = search.store.trials(search.study.id)
    assert [trial.state for trial in trials] == [TrialState.COMPLETED] * 4
    kinds = [trial.suggestion.kind for trial in trials]
    assert kinds == [TrialKind.SEARCH] * 2 + [TrialKind.DISTILLATION] * 2
    best = min(trials[:2], key=lambda trial: rank_key(search.study.config.objective, trial))
    assert trials[2].suggestion.teacher == best.number
    assert [notes_of(search.model_dir, number) for number in range(1, 5)] == [[]] * 4
    rows = {row["number"]: row for row in leaderboard_rows(trials, search.study.config)}
    assert [rows[number]["teacher"] for number in (1, 2, 3)] == [None, None, best.number]
    assert teacher_text(rows[3]) == f"teacher={best.number}"
    assert f"teacher: trial {best.number}" in trial_page(trials[2], [])


def test_lambda_is_shown_where_losses_are_balanced(taught) -> None:
    search = taught("a")
    trials = search.store.trials(search.study.id)
    rows = {row["number"]: row for row in leaderboard_rows(trials, search.study.config)}
    assert [rows[number]["lambda"] for number in (1, 2)] == [None, 1.5]
    assert teacher_text(rows[1]) == ""
    assert teacher_text(rows[2]) == "teacher=1, lambda=1.5"
    assert "teacher: trial 1, lambda 1.5" in trial_page(trials[1], [], weight=rows[2]["lambda"])


def remove_weights(search):
    (search_folder(search) / "weights.npz").unlink()


def damage_weights(search):
    path = search_folder(search) / "weights.npz"
    path.write_bytes(path.read_bytes()[:-200])


def search_folder(search):
    from pathlib import Path

    return Path(search.model_dir) / "trials" / "1"


@pytest.mark.parametrize(("loses", "said"), [(remove_weights, "are gone"), (damage_weights, "are damaged")])
def test_a_student_whose_teacher_is_lost_learns_from_labels_and_says_so(taught, loses, said) -> None:
    search = taught("a", change=loses)
    trial = search.store.trial(search.study.id, 2)
    assert trial.state is TrialState.COMPLETED
    (note,) = notes_of(search.model_dir, 2)
    assert note.startswith("taught by nobody, only by the labels: its teacher, trial 1, is lost: the weights ")
    assert said in note


def test_the_replay_of_an_untaught_student_is_not_taught_either(taught, tmp_path, monkeypatch) -> None:
    search = taught("a", change=remove_weights)
    monkeypatch.undo()
    text = (tmp_path / "a" / "trials" / "2" / "replay.pbtxt").read_text()
    again = open_small(tmp_path / "again", text, trials=9)
    work(again, "tester", 60.0)
    (only,) = again.store.trials(again.study.id)
    assert (only.state, only.suggestion.kind) == (TrialState.COMPLETED, TrialKind.SEARCH)
    for found, expected in zip(weights(again, 1), weights(search, 2), strict=True):
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


def test_once_untaught_a_student_stays_so(taught) -> None:
    search = taught("a")
    assert teaching_of(search, STUDENT, 2, search.pipeline) is not None
    add_note(search.model_dir, 2, f"{UNTAUGHT}, only by the labels: its teacher, trial 1, is lost: it was not readable")
    assert teaching_of(search, STUDENT, 2, search.pipeline) is None


def test_a_teacher_that_is_no_trial_is_lost_too(taught) -> None:
    search = taught("a", students=0)
    assert teaching_of(search, replace(STUDENT, teacher=None), 2, search.pipeline) is None
    with pytest.raises(Exception, match="there is no trial 7"):
        teaching_of(search, replace(STUDENT, teacher=7), 2, search.pipeline)


def test_outputs_are_in_the_order_of_the_examples_and_forgotten_when_they_are_too_many(taught) -> None:
    search = taught("a", students=1)
    examples, size = search.pipeline.train_arrays(), len(search.pipeline.train_arrays()) * 2 * 4
    outputs = TeacherOutputs(limit=size)
    first = outputs.of(1, search.pipeline, lambda: stored_network(search, 1))
    np.testing.assert_allclose(first, stored_network(search, 1)(mapped(np.asarray, examples.x)), rtol=1e-5, atol=1e-6)
    outputs.of(2, search.pipeline, lambda: stored_network(search, 2))
    asked = []
    outputs.of(1, search.pipeline, lambda: asked.append(1) or stored_network(search, 1))
    assert asked == [1]
    assert TeacherOutputs(limit=size - 1).of(1, search.pipeline, lambda: pytest.fail("asked")) is None
