from pathlib import Path

import pytest
from examples import ACCURACY, config, result, suggestion

from model_search.architecture import Architecture
from model_search.study import History, Study, Suggestion, Trial, TrialKind
from model_search.trial_store.contract import TrialStore
from model_search.trial_store.history import StoreHistory
from model_search.trial_store.open import open_store

Opened = tuple[TrialStore, Study, StoreHistory]


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    store = open_store(f"sqlite:///{tmp_path}/x.db")
    study = store.open_study(config(max_trials=10))
    return store, study, StoreHistory(store, study)


def run(store: TrialStore, study: Study, block: str, objective: float | None) -> None:
    claim = store.claim(study.id, "t", 1000.0)
    assert claim is not None
    store.suggest(claim, suggestion(block))
    if objective is not None:
        store.complete(claim, result(objective))


def numbers(trials: "list[Trial] | object") -> list[int]:
    return [trial.number for trial in trials]  # type: ignore[attr-defined]


def test_of_an_empty_study(opened: Opened) -> None:
    history: History = opened[2]
    assert history.objective == ACCURACY
    assert list(history.best(3)) == list(history.completed()) == list(history.running()) == []
    assert history.completed_count() == 0
    assert not history.has_failed(Architecture.of("A"))


def test_follows_the_study(opened: Opened) -> None:
    store, study, history = opened
    run(store, study, "A", 0.5)
    assert numbers(history.completed()) == [1]
    run(store, study, "B", None)
    late = store.claim(study.id, "late", 1000.0)
    assert late is not None
    store.suggest(late, suggestion("C"))
    run(store, study, "D", 0.9)
    assert store.claim(study.id, "no suggestion yet", 1000.0)
    assert numbers(history.completed()) == [1, 4]
    assert numbers(history.running()) == [2, 3]
    store.complete(late, result(0.7))
    assert numbers(history.completed()) == [1, 3, 4]
    assert numbers(history.best(2)) == [4, 3]
    assert history.completed_count() == 3


def test_ensembles_are_no_evidence_for_searches(opened: Opened) -> None:
    store, study, history = opened
    run(store, study, "A", 0.5)
    for members, objective in (((1,), 0.9), ((1, 1), None)):
        claim = store.claim(study.id, "t", 1000.0)
        assert claim is not None
        store.suggest(claim, Suggestion(Architecture(()), {}, TrialKind.ENSEMBLE, members=members))
        if objective is not None:
            store.complete(claim, result(objective))
    assert numbers(history.completed()) == numbers(history.best(5)) == [1]
    assert numbers(history.running()) == []
    assert history.completed_count() == 2


def test_waiting_trials_are_under_way(opened: Opened) -> None:
    store, study, history = opened
    run(store, study, "A", None)
    store.reap(study.id, ["t"])
    assert numbers(history.running()) == [1]


def test_failed_architecture(opened: Opened) -> None:
    store, study, history = opened
    claim = store.claim(study.id, "t", 1000.0)
    assert claim is not None
    store.suggest(claim, suggestion("A", "B"))
    store.fail(claim, "NaN")
    assert history.has_failed(Architecture.of(("A", "B")))
    assert not history.has_failed(Architecture.of(("A",)))
    assert history.completed_count() == 0


def test_completed_trials_are_read_once(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    store, study, history = opened
    run(store, study, "A", 0.5)
    history.completed()
    read: list[int] = []
    trials = store.trials

    def counted(*args: object, **kwargs: object) -> object:
        found = trials(*args, **kwargs)  # type: ignore[arg-type]
        read.extend(numbers(found))
        return found

    monkeypatch.setattr(store, "trials", counted)
    run(store, study, "B", 0.6)
    assert numbers(history.completed()) == [1, 2]
    assert numbers(history.completed()) == [1, 2]
    assert read == [2]
