"""Which trials keep their files, by hand-made studies; and that files go, and none that is needed, by real stores."""

import dataclasses

import pytest
from searches import SPEC, open_small
from studies import MemoryHistory

from model_search.architecture import Architecture
from model_search.errors import UsageError
from model_search.handle import load
from model_search.report.leaderboard import leaderboard_rows
from model_search.report.trial_page import trial_page
from model_search.retention import HEAVY, Retention, needed_trials
from model_search.spec import complete, parse_spec
from model_search.study import Result, Suggestion, Trial, TrialKind, TrialState, is_pruned
from model_search.trainer import work
from model_search.trial_store.history import StoreHistory
from model_search.trial_store.open import open_store

ENSEMBLE = "ensemble_spec { ensemble_search_type: %s }"
SHARING = "transfer_learning_spec { transfer_learning_type: %s }"


def trial(number: int, accuracy: float, **suggestion) -> Trial:
    made = Suggestion(Architecture(("A",)), {}, **suggestion)
    result = Result(accuracy, 1 - accuracy, {}, 1, 1.0, f"trials/{number}/model.keras")
    return Trial(number, TrialState.COMPLETED, 1, "", made, result, "", number)


def study(*accuracies: float) -> list[Trial]:
    return [trial(number, accuracy) for number, accuracy in enumerate(accuracies, 1)]


def needed(trials: list[Trial], keep: int, more: str = "") -> set[int]:
    spec = complete(parse_spec("problem_type: DNN blocks_to_use: 'IDENTITY' " + more, "x"))
    return needed_trials(spec, MemoryHistory(trials), trials, keep)


FIVE = study(0.5, 0.9, 0.7, 0.6, 0.8)


def test_the_best_are_kept_of_equal_ones_the_earlier():
    assert needed(FIVE, 2) == {2, 5}
    assert needed(study(0.5, 0.5, 0.5), 2) == {1, 2}
    assert needed([], 2) == set()


def test_an_ensembles_members_are_kept_and_theirs():
    trials = [
        *study(0.1, 0.2, 0.3, 0.4),
        trial(5, 0.5, members=(1,)),
        trial(6, 0.9, kind=TrialKind.ENSEMBLE, members=(5, 2)),
    ]
    assert needed(trials, 1) == {6, 5, 2, 1}


def test_what_the_best_trial_was_made_from_is_kept_for_the_training_on_all_examples():
    trials = [*study(0.1, 0.2, 0.3), trial(4, 0.9, parents=(2,), teacher=1)]
    assert needed(trials, 1, SHARING % "SNAPSHOT_TRANSFER_LEARNING") == {4, 2, 1}
    assert needed(trials, 1) == {4, 1}  # a parent lends no weights
    assert needed([*study(0.1, 0.2, 0.95), trials[-1]], 1, SHARING % "SNAPSHOT_TRANSFER_LEARNING") == {3}


@pytest.mark.parametrize(
    ("more", "kept"),
    [
        (ENSEMBLE % "NONADAPTIVE_ENSEMBLE_SEARCH nonadaptive_search { num_trials_to_consider: 3 }", {2, 5, 3}),
        (
            ENSEMBLE % "INTERMIXED_NONADAPTIVE_ENSEMBLE_SEARCH intermixed_search { num_trials_to_consider: 4 }",
            {2, 5, 3, 4},
        ),
        ("beam_size: 3", {2}),  # a parent lends no weights
        ("beam_size: 3 " + SHARING % "SNAPSHOT_TRANSFER_LEARNING", {2, 5, 3}),
        (SHARING % "UNIFORM_AVERAGE_TRANSFER_LEARNING max_completed_trials: 2", {2, 4, 5}),
        (SHARING % "LOSS_WEIGHTED_AVERAGE_TRANSFER_LEARNING max_completed_trials: 3", {2, 5, 3}),
        (
            SHARING % "SNAPSHOT_TRANSFER_LEARNING"
            + " search_type: REGULARIZED_EVOLUTION regularized_evolution { population_size: 2 }",
            {2, 4, 5},
        ),
    ],
)  # fmt: skip
def test_what_the_phases_to_come_may_draw_on_is_kept(more, kept):
    assert needed(FIVE, 1, more) == kept


def test_the_members_of_the_present_stage_are_kept():
    spec = ENSEMBLE % "ADAPTIVE_ENSEMBLE_SEARCH adaptive_search { increase_width_every: 3 minimal_pool_size: 3 }"
    # Trial 2 was the best of the first three; nothing that was built on it is better than 5.
    trials = [*study(0.1, 0.5, 0.3), trial(4, 0.4, members=(2,)), trial(5, 0.9, members=(2,))]
    assert needed(trials, 1, spec) == {5, 2}


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    """A search of six trials that keeps two."""
    folder = tmp_path_factory.mktemp("search")
    search = open_small(folder, trials=6, train_steps=5, keep_models=2)
    work(search, "tester", 60.0)
    return folder, search


def test_old_trials_lose_their_heavy_files_and_nothing_else(searched):
    folder, search = searched
    best = {trial.number for trial in search.store.best(search.study.id, 2)}
    for number in range(1, 7):
        names = {path.name for path in (folder / "trials" / str(number)).iterdir()}
        assert {"suggestion.pbtxt", "measurements.json"} <= names
        assert bool(names & set(HEAVY)) == ("model.keras" in names) == (number in best)
        assert is_pruned(search.store.trial(search.study.id, number)) != (number in best)


def test_a_trial_without_files_says_so(searched):
    folder, search = searched
    gone = next(trial for trial in search.store.trials(search.study.id) if is_pruned(trial))
    rows = {row["number"]: row for row in leaderboard_rows(search.store.trials(search.study.id), search.study.config)}
    assert (rows[gone.number]["model"], rows[gone.number]["state"]) == (None, "COMPLETED")
    assert "model: removed to save space (--keep_models)" in trial_page(gone, [])
    with pytest.raises(UsageError, match=f"the model of trial {gone.number} was removed to save space: only the best"):
        load(str(folder)).export(str(folder / "x.keras"), gone.number)


def test_the_history_knows_what_was_removed_and_has_each_trial_once(searched):
    _, search = searched
    completed = search.history.completed()
    assert [trial.number for trial in completed] == [1, 2, 3, 4, 5, 6]
    assert sum(map(is_pruned, completed)) == 4


def retention_of(search, store, keep: int = 1) -> Retention:
    return Retention(store, search.study, StoreHistory(store, search.study), search.spec, search.model_dir, keep)


def complete_one(store, study, accuracy: float, **needs) -> int:
    claim = store.claim(study.id, "t", 60.0)
    assert claim is not None
    store.suggest(claim, Suggestion(Architecture(("FULLY_CONNECTED",)), {"rate": claim.number}, **needs))
    store.complete(claim, Result(accuracy, 0.1, {}, 1, 1.0, f"trials/{claim.number}/model.keras"))
    return claim.number


@pytest.fixture
def two(tmp_path):
    """A search and two handles on its database, as two trainers have them; four trials, the first is the best."""
    search = open_small(tmp_path, SPEC, trials=20)
    other = open_store(f"sqlite:///{tmp_path}/search.db")
    for place in range(4):
        number = complete_one(search.store, search.study, 0.9 - place / 10)
        folder = tmp_path / "trials" / str(number)
        folder.mkdir(parents=True)
        (folder / "weights.npz").write_bytes(b"weights")
    yield search, other, tmp_path
    other.close()


def with_weights(folder) -> set[int]:
    return {int(path.parent.name) for path in folder.glob("trials/*/weights.npz")}


def test_a_suggestion_that_is_stored_first_keeps_its_trials(two):
    search, other, folder = two
    claim = other.claim(search.study.id, "other", 60.0)
    other.suggest(claim, Suggestion(Architecture(("IDENTITY",)), {}, parents=(4,), members=(2,)))
    assert retention_of(search, search.store).prune() == [3]
    assert with_weights(folder) == {1, 2, 4}
    other.complete(claim, Result(0.1, 0.1, {}, 1, 1.0, "trials/5/model.keras"))
    assert retention_of(search, other).prune() == [2, 4, 5]
    assert with_weights(folder) == {1}


def test_two_trainers_at_once_remove_each_file_once_and_nothing_that_came_better(two):
    search, other, folder = two
    slow, fast = retention_of(search, search.store), retention_of(search, other)
    slow._look()  # and then it stands still, while a better one completes, with trial 4 as a member
    complete_one(other, search.study, 0.95, members=(4,))
    assert fast.prune() == [1, 2, 3]
    assert slow._store.prune(search.study.id, [2, 3, 4], slow._seen) == []
    assert slow.prune() == ()
    assert with_weights(folder) == {4}  # of 5, the best, there never was a file here


def test_files_that_a_dead_trainer_left_behind_its_mark_go_too(two):
    search, other, folder = two
    seen = max(trial.revision for trial in other.trials(search.study.id))
    assert other.prune(search.study.id, [2, 3], seen) == [2, 3]
    assert with_weights(folder) == {1, 2, 3, 4}
    assert retention_of(search, other).prune() == [4]
    assert with_weights(folder) == {1}


def test_nothing_is_removed_where_all_are_to_be_kept(two):
    search, other, folder = two
    assert retention_of(search, other, keep=0).prune() == ()
    assert with_weights(folder) == {1, 2, 3, 4}


def test_a_proposal_that_needs_what_is_gone_is_replaced(two):
    search, other, _ = two
    seen = max(trial.revision for trial in other.trials(search.study.id))
    other.prune(search.study.id, [4], seen)
    from model_search.prepare_trial import suggestions

    made = [Suggestion(Architecture(("IDENTITY",)), {"rate": n}, members=(n,)) for n in (4, 3)]

    class Proposing:
        def suggest(self, number, history, salt):
            return made[salt]

    claim = search.store.claim(search.study.id, "t", 60.0)
    changed = dataclasses.replace(search, controller=Proposing())
    assert next(suggestions(changed, claim))[0] == made[1]
