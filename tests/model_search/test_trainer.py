"""How trainers end when nothing is left to try, on a real trial database, with trials that train nothing."""

import threading
from dataclasses import dataclass, field

import pytest

from model_search import trainer
from model_search.architecture import Architecture
from model_search.controller import SearchSpaceExhaustedError
from model_search.study import Goal, Objective, Result, Study, StudyConfig, Suggestion, TrialState
from model_search.trial_store.contract import Claim, TrialStore
from model_search.trial_store.open import open_store

ENDS = "the search ends here: nothing left"
CONFIG = StudyConfig("ada", "few", "", "", Objective("accuracy", Goal.MAXIMIZE), seed=0, max_trials=20)
RESULT = Result(0.9, 0.1, {"accuracy": 0.9, "loss": 0.1}, parameters=1, seconds=1.0, model="")


def suggestion(number: int) -> Suggestion:
    return Suggestion(Architecture.of(["A"]), {"learning_rate": 0.001 * number})


class KeepsAll:
    """A retention that removes nothing."""

    def prune(self) -> None:
        pass


@dataclass
class Few:
    """A search whose every completed trial opens one more, up to `size`; the first takes until `go_on` is set."""

    store: TrialStore
    study: Study
    size: int
    stop: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)
    found_nothing: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    retention: KeepsAll = field(default_factory=KeepsAll)

    def run(self, claim: Claim) -> None:
        with self.lock:
            completed = self.store.counts(self.study.id)[TrialState.COMPLETED]
            if claim.suggestion is None:
                self.suggest(claim, completed)
        if not completed:
            assert self.go_on.wait(20)
        self.store.complete(claim, RESULT)

    def suggest(self, claim: Claim, completed: int) -> None:
        suggested = sum(trial.suggestion is not None for trial in self.store.trials(self.study.id))
        if suggested >= min(completed + 1, self.size):
            self.store.withdraw(claim, "nothing left")
            self.found_nothing.set()
            raise SearchSpaceExhaustedError("nothing left")
        self.store.suggest(claim, suggestion(claim.number))


@pytest.fixture
def search(tmp_path, monkeypatch) -> Few:
    store = open_store(f"sqlite:///{tmp_path}/trials.db")
    monkeypatch.setattr(trainer, "IDLE_SECONDS", 0.02)
    monkeypatch.setattr(trainer, "run_trial", lambda few, claim: few.run(claim))
    return Few(store, store.open_study(CONFIG), size=3)


def test_a_lone_trainer_ends_with_a_sentence_and_leaves_no_row(search) -> None:
    search.go_on.set()
    assert trainer.work(search, "a", 60.0) == ENDS
    assert [trial.state for trial in search.store.trials(search.study.id)] == [TrialState.COMPLETED] * 3
    assert trainer.work(search, "a", 60.0) == ENDS
    assert len(search.store.trials(search.study.id)) == 3


def test_trainers_that_find_nothing_wait_for_what_others_find(search) -> None:
    ended = {}
    threads = [
        threading.Thread(target=lambda name=name: ended.update({name: trainer.work(search, name, 60.0)}))
        for name in ("a", "b", "c")
    ]
    for thread in threads:
        thread.start()
    # One runs trial 1 for now: at least one of the others has found nothing, and waits.
    assert search.found_nothing.wait(20)
    assert not ended
    search.go_on.set()
    for thread in threads:
        thread.join(20)
    assert ended == dict.fromkeys("abc", ENDS)
    trials = search.store.trials(search.study.id)
    assert [trial.number for trial in trials] == list(range(1, len(trials) + 1))
    assert sum(trial.state is TrialState.COMPLETED for trial in trials) == 3
    assert all(trial.state.is_final for trial in trials)


def test_what_a_dead_trainer_held_is_run_before_the_end(search) -> None:
    search.go_on.set()
    lost = search.store.claim(search.study.id, "dead", 0.3)
    search.store.suggest(lost, suggestion(500))
    assert trainer.work(search, "a", 60.0) == ENDS
    trials = search.store.trials(search.study.id)
    assert [trial.state for trial in trials] == [TrialState.COMPLETED] * 3
    assert (trials[0].suggestion, trials[0].attempt) == (suggestion(500), 2)


def test_who_does_not_wait_leaves_when_there_is_nothing_to_claim(search) -> None:
    while search.store.claim(search.study.id, "other", 60.0) is not None:
        pass
    timer = threading.Timer(30.0, search.stop.set)
    timer.start()
    assert trainer.work(search, "a", 60.0, waits=False) == ""
    timer.cancel()
    assert not search.stop.is_set()
