"""A database that is away for longer than anybody is patient, and comes back; and one that is back but refuses."""

import logging
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from backends import absent, direct, served
from examples import config, result, suggestion
from fleet.postgres import PrivatePostgres, is_installed
from sqlalchemy import create_engine, text

from model_search.study import Measurement, TrialState
from model_search.trial_store.contract import Claim, StoreError, TrialStore, UnavailableError
from model_search.trial_store.heartbeat import hold
from model_search.trial_store.remote import calls, client
from model_search.trial_store.sql import database
from model_search.trial_store.sql import store as sql_store

SHORT = 0.2
OUTAGE = 2.0


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[PrivatePostgres]:
    """A PostgreSQL server; nobody is patient."""
    if not is_installed():
        absent("PostgreSQL is not installed on this machine")
    for module, name in (
        (database, "PATIENCE_SECONDS"),
        (calls, "PATIENCE_SECONDS"),
        (sql_store, "LEAST_PATIENCE_SECONDS"),
        (client, "LEAST_PATIENCE_SECONDS"),
    ):
        monkeypatch.setattr(module, name, SHORT)
    # Not in pytest's folder: that closes it to others, and so to the user that the server runs as, whenever it starts.
    with tempfile.TemporaryDirectory() as folder, PrivatePostgres(Path(folder) / "postgres") as running:
        yield running


@pytest.fixture(params=["direct", "served"])
def store(request: pytest.FixtureRequest, server: PrivatePostgres) -> Iterator[TrialStore]:
    with (direct if request.param == "direct" else served)(server.url) as opened:
        yield opened


def claimed(store: TrialStore) -> Claim:
    claim = store.claim(store.open_study(config(max_trials=6)).id, "t", 1000.0)
    assert claim is not None
    return claim


def test_calls_wait_for_as_long_as_it_is_away(
    store: TrialStore, server: PrivatePostgres, caplog: pytest.LogCaptureFixture
) -> None:
    stop = threading.Event()
    done, failed, running, measured = (claimed(store) for _ in range(4))
    store.suggest(done, suggestion())
    store.outlast(stop)
    server.stop()
    with caplog.at_level(logging.WARNING), ThreadPoolExecutor(8) as pool:
        waiting = [
            pool.submit(work, *arguments)
            for work, *arguments in (
                (store.complete, done, result()),
                (store.fail, failed, "NaN"),
                (store.measure, measured, Measurement(1, {"loss": 1.0})),
                (store.claim, 1, "u", 1000.0),
                (store.best, 1, 1),
                (hold, store, running, stop),
            )
        ]
        time.sleep(OUTAGE)
        assert not any(future.done() for future in waiting)
        server.start()
        answers = [future.result(60) for future in waiting]
    assert answers[3].number == 5
    assert store.counts(1) == dict.fromkeys(TrialState, 0) | {
        TrialState.COMPLETED: 1, TrialState.INFEASIBLE: 1, TrialState.RUNNING: 3
    }  # fmt: skip
    said = [record.getMessage() for record in caplog.records if record.name == "model_search.trial_store"]
    assert len(said) == 2 and said[0].endswith("waiting until it answers") and said[1].endswith("answers again")


def test_heartbeats_give_up_and_so_does_who_is_told_to_stop(store: TrialStore, server: PrivatePostgres) -> None:
    stop = threading.Event()
    claim = claimed(store)
    short = Claim(claim.study_id, claim.number, claim.attempt, claim.token, 2 * SHORT, None)
    store.outlast(stop)
    server.stop()
    with pytest.raises(UnavailableError):
        store.heartbeat(short)
    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(store.counts, 1), pool.submit(hold, store, short, stop)]
        time.sleep(OUTAGE)
        assert not any(future.done() for future in waiting)
        stop.set()
        for future in waiting:
            with pytest.raises(UnavailableError):
                future.result(60)
    store.outlast(None)
    with pytest.raises(UnavailableError):
        store.counts(1)
    server.start()


def test_a_server_that_refuses_is_an_error_however_patient(server: PrivatePostgres) -> None:
    engine = create_engine(server.url, isolation_level="AUTOCOMMIT")
    with direct(server.url) as store, engine.connect() as connection:
        store.outlast(threading.Event())
        study = store.open_study(config())
        connection.execute(text("ALTER ROLE trainers NOLOGIN"))
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'model_search'")
        )
        with pytest.raises(StoreError, match="not permitted to log in") as caught:
            store.counts(study.id)
        assert not isinstance(caught.value, UnavailableError)
        assert "\n" not in str(caught.value)
    engine.dispose()
