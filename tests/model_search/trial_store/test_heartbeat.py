import threading
import time
from pathlib import Path

import pytest
from examples import config
from sqlalchemy import create_engine, text

from model_search.trial_store.contract import Claim, LeaseLostError, StoreError, TrialStore
from model_search.trial_store.heartbeat import Heartbeat
from model_search.trial_store.open import open_store


class Beats(TrialStore):
    """Answers heartbeats as told; the last answer is repeated."""

    def __init__(self, *answers: Exception | None) -> None:
        self.answers = list(answers)
        self.times: list[float] = []

    def heartbeat(self, claim: Claim) -> None:
        self.times.append(time.monotonic())
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer is not None:
            raise answer


Beats.__abstractmethods__ = frozenset()
CLAIM = Claim(1, 1, 1, "0" * 32, 0.6, None)


def test_keeps_a_short_lease(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/x.db")
    study = store.open_study(config())
    claim = store.claim(study.id, "t", 2.5)
    assert claim is not None
    with Heartbeat(store, claim) as heartbeat:
        time.sleep(3.5)
        assert store.reap(study.id) == []
        assert not heartbeat.lost.is_set()
    time.sleep(2.7)
    assert store.reap(study.id) == [1]


def test_says_when_the_lease_is_lost() -> None:
    store = Beats(None, LeaseLostError())
    with Heartbeat(store, CLAIM, 0.01) as heartbeat:
        assert heartbeat.lost.wait(60)
        time.sleep(0.1)
    assert len(store.times) == 2


def test_survives_errors_inside_the_lease() -> None:
    store = Beats(*[StoreError("down"), ConnectionError("down"), ValueError("odd")] * 2, None)
    with Heartbeat(store, CLAIM, 0.05) as heartbeat:
        while len(store.times) < 9:
            time.sleep(0.01)
        assert not heartbeat.lost.is_set()


def test_lost_after_a_lease_without_answer_and_found_again() -> None:
    store = Beats(StoreError("down"))
    begin = time.monotonic()
    with Heartbeat(store, CLAIM) as heartbeat:
        assert heartbeat.lost.wait(60)
        assert time.monotonic() - begin >= 0.6
        assert len(store.times) > 1
        store.answers = [None]
        deadline = time.monotonic() + 60
        while heartbeat.lost.is_set() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not heartbeat.lost.is_set()


@pytest.mark.parametrize("raises", [False, True])
def test_stops_at_once(raises: bool) -> None:
    threads, begin = threading.active_count(), time.monotonic()
    try:
        with Heartbeat(Beats(None), CLAIM, 1000.0):
            if raises:
                raise RuntimeError
    except RuntimeError:
        pass
    assert time.monotonic() - begin < 100
    assert threading.active_count() == threads


def test_survives_a_locked_database(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/x.db"
    store = open_store(url)
    study = store.open_study(config())
    claim = store.claim(study.id, "t", 4.0)
    assert claim is not None
    with Heartbeat(store, claim, 0.1) as heartbeat:
        with create_engine(url, isolation_level="AUTOCOMMIT").connect() as blocker:
            blocker.execute(text("BEGIN IMMEDIATE"))
            time.sleep(2.5)
            blocker.execute(text("ROLLBACK"))
        time.sleep(2.5)  # past the first lease
        assert not heartbeat.lost.is_set()
        assert store.reap(study.id) == []
