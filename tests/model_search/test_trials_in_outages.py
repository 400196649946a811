"""A trainer whose trial database goes away in the middle of a trial, for longer than a lease, and comes back."""

import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fleet.postgres import PrivatePostgres, is_installed
from searches import open_small

from model_search import run_trial as way
from model_search.study import TrialState
from model_search.trainer import work
from model_search.trial_store.sql import database
from model_search.trial_store.sql import store as sql_store

LEASE = 1.0
OUTAGE = 3.0


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[PrivatePostgres]:
    """A PostgreSQL server; nobody is patient, but who is told to outlast outages."""
    if not is_installed():
        pytest.skip("PostgreSQL is not installed on this machine")
    monkeypatch.setattr(database, "PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr(sql_store, "LEAST_PATIENCE_SECONDS", 0.2)
    with tempfile.TemporaryDirectory() as folder, PrivatePostgres(Path(folder) / "postgres") as running:
        yield running


@pytest.mark.parametrize("step", ["fit_network", "serving_model", "write_artifacts"])
def test_the_work_of_a_trial_outlives_an_outage(
    step: str, server: PrivatePostgres, tmp_path: Path, monkeypatch
) -> None:
    search = open_small(tmp_path, trials=2, trial_store=server.url)
    do, begun = getattr(way, step), []

    def during_an_outage(*arguments, **keywords):
        if not begun:
            begun.append(time.monotonic())
            server.stop()
            threading.Timer(OUTAGE, server.start).start()
            time.sleep(OUTAGE / 2)  # beyond the lease
        return do(*arguments, **keywords)

    monkeypatch.setattr(way, step, during_an_outage)
    assert work(search, "tester", LEASE) == ""
    assert time.monotonic() - begun[0] >= OUTAGE
    trials = search.store.trials(search.study.id)
    assert [(trial.state, trial.attempt) for trial in trials] == [(TrialState.COMPLETED, 1)] * 2
