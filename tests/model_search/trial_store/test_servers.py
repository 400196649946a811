"""What servers do to their clients: cut connections, stand still, refuse, run out of connections."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from backends import database_of_tests, direct, emptied
from examples import config, result, suggestion
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import DBAPIError, InternalError, OperationalError, ProgrammingError

from model_search.trial_store.contract import StoreError
from model_search.trial_store.open import open_store
from model_search.trial_store.sql import servers
from model_search.trial_store.sql.database import Database
from model_search.trial_store.sql.open import open_database

KILL = {
    "postgresql": "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
    " AND application_name = 'model_search'",
    "mysql": "SELECT CONCAT('KILL ', id) FROM information_schema.processlist WHERE db = DATABASE()"
    " AND id <> CONNECTION_ID()",
}


@pytest.fixture(scope="module", params=["postgresql", "mariadb"])
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    with database_of_tests(request.param) as url:
        yield url


@pytest.fixture
def url(database: str) -> str:
    return emptied(database)


def cut_all(url: str) -> None:
    """Ends all connections of the tests' stores, as a server does that restarts."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        found = connection.execute(text(KILL[make_url(url).get_backend_name()])).scalars().all()
        for statement in found:
            if isinstance(statement, str):
                connection.execute(text(statement))
    engine.dispose()
    assert found


def test_cut_connections_are_replaced(url: str) -> None:
    with direct(url) as store:
        study = store.open_study(config())
        claim = store.claim(study.id, "t", 1000.0)
        assert claim is not None
        for work in (
            lambda: store.suggest(claim, suggestion()),
            lambda: store.heartbeat(claim),
            lambda: store.counts(study.id),
            lambda: store.complete(claim, result()),
            lambda: store.claim(study.id, "t", 1000.0),
        ):
            cut_all(url)
            work()
        assert [trial.state.value for trial in store.trials(study.id)] == ["COMPLETED", "RUNNING"]


def test_a_claim_whose_commit_was_not_answered_is_one_claim(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with direct(url) as store:
        study = store.open_study(config())
        run, failed = Database._run, []

        def losing(self: Database, engine, work, *arguments, **options):  # type: ignore[no-untyped-def]
            """The first answer is lost after it was committed."""
            answer = run(self, engine, work, *arguments, **options)
            if not failed:
                failed.append(answer)
                return run(self, engine, work, *arguments, **options)
            return answer

        monkeypatch.setattr(Database, "_run", losing)
        claim = store.claim(study.id, "t", 1000.0)
        assert claim is not None and [claim] == failed
        assert len(store.trials(study.id)) == 1


def test_a_claim_asked_for_again_while_the_first_is_under_way_is_one_claim(url: str) -> None:
    with direct(url) as store:
        study = store.open_study(config())
        database, in_one = store._database, store._at_once  # type: ignore[attr-defined]
        request = (study.id, "t", 1000.0, 3, "0123456789abcdef" * 2, True)
        with create_engine(url).connect() as other, ThreadPoolExecutor(4) as pool:
            other.execute(text("SELECT id FROM search_studies FOR UPDATE"))
            tries = [
                pool.submit(database.at_once, lambda connection: in_one.claim(connection, *request)) for _ in range(4)
            ]
            time.sleep(0.5)
            assert not any(future.done() for future in tries)
            other.rollback()
            claims = {future.result(60).number for future in tries}
        assert claims == {1}
        assert len(store.trials(study.id)) == 1


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_statements_that_a_server_forgot_are_said_to_it_again(url: str) -> None:
    with direct(url) as store:
        study = store.open_study(config())
        first = store.claim(study.id, "t", 1000.0)
        forget = "DEALLOCATE ALL"
        store._database.at_once(lambda connection: connection.exec_driver_sql(forget))  # type: ignore[attr-defined]
        second = store.claim(study.id, "t", 1000.0)
        store.complete(first, result())
        assert [(trial.number, trial.state.value) for trial in store.trials(study.id)] == [
            (1, "COMPLETED"), (2, "RUNNING")
        ]  # fmt: skip
        assert (first.number, second.number) == (1, 2)


def test_deadlocks_are_tried_again(url: str) -> None:
    database = open_database(url)
    with direct(url) as store:
        ids = [store.open_study(config(name=name)).id for name in ("a", "b")]
    both_hold_one, tries = threading.Barrier(2), []
    change = "UPDATE search_studies SET revision = revision + 1 WHERE id = {}"

    def work(first: int, second: int) -> None:
        once = []

        def transaction(connection) -> None:  # type: ignore[no-untyped-def]
            tries.append(first)
            connection.execute(text(change.format(first)))
            if not once:
                once.append(True)
                both_hold_one.wait(30)
            connection.execute(text(change.format(second)))

        database.write(transaction)

    threads = [threading.Thread(target=work, args=pair) for pair in (ids, ids[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(tries) >= 3  # the one that was ended once more, however often
    revisions = database.read(lambda connection: connection.execute(text("SELECT revision FROM search_studies")).all())
    assert [revision for (revision,) in revisions] == [2, 2]
    database.close()


def test_who_stands_still_in_a_transaction_is_ended(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    short = {
        "postgresql": ("SET idle_in_transaction_session_timeout = '1s'",),
        "mysql": ("SET SESSION wait_timeout = 1",),
    }
    with direct(url) as store:
        study = store.open_study(config())
        with monkeypatch.context() as patch:
            patch.setattr(servers, "SETTINGS", short)
            sleeper = open_database(url)
            sleeper.read(lambda connection: None)
        connection = sleeper.engine.connect()
        connection.execute(text("SELECT id FROM search_studies FOR UPDATE"))
        begin = time.monotonic()
        assert store.claim(study.id, "t", 1000.0) is not None
        assert time.monotonic() - begin > 0.5
        with pytest.raises(DBAPIError) as caught:
            connection.execute(text("SELECT 1"))
        assert servers.is_transient(caught.value)
        connection.invalidate()
        connection.close()
        sleeper.close()


def test_crowded_servers_get_their_connections_back(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "CROWDED", 0.0)
    with direct(url) as store:
        assert store.studies() == []
        pool = store._database._at_once.pool  # type: ignore[attr-defined]
        assert pool.checkedin() == 0 or all(record.dbapi_connection is None for record in pool._pool.queue)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [({"database": "model_search_nowhere"}, "nowhere"), ({"username": "nobody_x", "password": "pa55word"}, "nobody_x")],
)
def test_what_is_wrong_is_told_at_once_and_without_the_password(url: str, changes: dict, problem: str) -> None:
    wrong = make_url(url).set(**changes).render_as_string(hide_password=False)
    begin = time.monotonic()
    with pytest.raises(StoreError, match=problem) as caught:
        open_store(wrong)
    assert time.monotonic() - begin < 5
    assert "pa55word" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_password_of_the_environment(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_SEARCH_STORE_PASSWORD", "pa55word")
    parsed = open_database(url).engine.url
    assert parsed.password == "pa55word"
    assert "pa55word" not in open_database(url).name


def test_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "REFUSED_SECONDS", 0.2)
    for url in ("postgresql+psycopg://x:pa55word@127.0.0.1:9/x", "mysql+pymysql://x:pa55word@127.0.0.1:9/x"):
        with pytest.raises(StoreError, match=r"x:\*\*\*@127.0.0.1:9/x: .*refused") as caught:
            open_store(url)
        assert "pa55word" not in str(caught.value)


def test_errors_that_pass() -> None:
    class Ended(Exception):
        sqlstate = "25P03"

    assert servers.is_transient(InternalError("x", {}, Ended()))
    assert not servers.is_transient(ProgrammingError("x", {}, Exception("syntax")))
    assert servers.first_patience(OperationalError("x", {}, Exception("the database system is starting up"))) > 30
    assert servers.first_patience(OperationalError("x", {}, Exception(1040, "Too many connections"))) > 30
    denied = OperationalError("x", {}, Exception(1045, "Access denied"))
    assert servers.first_patience(denied) == 0
    assert servers.is_refusal(denied)
    assert servers.is_refusal(
        OperationalError("x", {}, Exception('FATAL:  password authentication failed for user "x"'))
    )
    for passing in (
        Exception("connection refused"),
        Exception("FATAL:  the database system is shutting down"),
        Exception("FATAL:  sorry, too many clients already"),
        Exception(2003, "Can't connect"),
        Exception(1040, "Too many connections"),
    ):
        assert not servers.is_refusal(OperationalError("x", {}, passing))


def test_sqlite_has_no_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_SEARCH_STORE_PASSWORD", "pa55word")
    open_store(f"sqlite:///{tmp_path}/trials.db").close()
