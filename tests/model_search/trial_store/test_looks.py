"""When claims look for expired leases: once in a while, and when one of their own may have expired."""

import time
from pathlib import Path

import pytest
from examples import config

from model_search.trial_store.open import open_store
from model_search.trial_store.sql import looks
from model_search.trial_store.sql.looks import INTERVAL_SECONDS, Looks


class Clock:
    seconds = 100.0

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(looks, "time", clock)
    return clock


def test_one_claim_an_interval_looks(clock: Clock) -> None:
    due = Looks()
    assert [due.is_due(1), due.is_due(1), due.is_due(2)] == [True, False, True]
    clock.seconds += INTERVAL_SECONDS - 0.01
    assert not due.is_due(1)
    clock.seconds += 0.02
    assert [due.is_due(1), due.is_due(1)] == [True, False]


def test_a_lease_of_this_process_is_looked_for_when_it_ends(clock: Clock) -> None:
    due = Looks()
    assert due.is_due(1)
    due.expect(1, INTERVAL_SECONDS / 10)
    due.expect(1, 1000.0)
    clock.seconds += INTERVAL_SECONDS / 10
    assert due.is_due(1)


def test_a_lease_of_another_process_is_found_an_interval_later(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/search.db"
    ours, other = open_store(url), open_store(url)
    study = ours.open_study(config(max_trials=100))
    assert ours.claim(study.id, "t", 1000.0).number == 1
    assert other.claim(study.id, "dead", 0.05).number == 2
    time.sleep(0.1)
    begin = time.monotonic()
    numbers = []
    while not numbers or numbers[-1] > 2:
        assert time.monotonic() < begin + 10 * INTERVAL_SECONDS
        numbers.append(ours.claim(study.id, "t", 1000.0).number)
        time.sleep(0.05)
    assert numbers == [*range(3, 2 + len(numbers)), 2]
    ours.close()
    other.close()
