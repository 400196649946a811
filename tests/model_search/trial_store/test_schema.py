import multiprocessing
import re
import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from examples import config
from sqlalchemy import create_engine, inspect, make_url, text
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.schema import CreateTable

from model_search.study import Measurement, Result
from model_search.trial_store.contract import StoreError
from model_search.trial_store.open import open_store
from model_search.trial_store.sql import migrate, tables
from model_search.trial_store.sql.open import open_database


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/trials.db"


def test_migrations_build_the_tables(url: str) -> None:
    open_store(url).close()
    with create_engine(url).connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": tables.VERSION_TABLE, "compare_type": True}
        )
        assert compare_metadata(context, tables.metadata) == []


def test_migrations_build_the_constraints(url: str) -> None:
    # Alembic's comparison leaves out CHECK constraints.
    open_store(url).close()
    direct = create_engine("sqlite://")
    tables.metadata.create_all(direct)
    migrated, wanted = inspect(create_engine(url)), inspect(direct)
    for name in tables.metadata.tables:
        by_name = [
            {check["name"]: "".join(check["sqltext"].split()) for check in source.get_check_constraints(name)}
            for source in (migrated, wanted)
        ]
        assert by_name[0] == by_name[1]
    assert len(wanted.get_check_constraints("search_trials")) == 5


def test_revisions_are_one_line() -> None:
    script = ScriptDirectory.from_config(migrate._config())
    assert len(script.get_heads()) == len(script.get_bases()) == 1


def test_new_revision_is_made_from_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    written = []

    def write(settings: Config, **options: object) -> None:
        assert migrate.revision_of(settings.attributes["connection"]) == migrate.head()
        written.append(options)

    monkeypatch.setattr(migrate.command, "revision", write)
    migrate.new_revision("more", "0099")
    assert written == [{"message": "more", "autogenerate": True, "rev_id": "0099"}]


@pytest.mark.parametrize("dialect", [postgresql.dialect(), mysql.dialect()])
def test_names_and_types_suit_servers(dialect: object) -> None:
    for table in tables.metadata.sorted_tables:
        ddl = str(CreateTable(table).compile(dialect=dialect))  # type: ignore[arg-type]
        assert "JSON" not in ddl
        names = [item.name for item in (*table.constraints, *table.indexes) if item.name]
        assert all(len(str(name)) < 63 for name in names)


def test_wal(url: str, tmp_path: Path) -> None:
    open_store(url).close()
    assert sqlite3.connect(tmp_path / "trials.db").execute("PRAGMA journal_mode").fetchone() == ("wal",)


def set_revision(url: str, revision: str) -> None:
    open_store(url).close()
    with create_engine(url).begin() as connection:
        connection.execute(text(f"UPDATE {tables.VERSION_TABLE} SET version_num = '{revision}'"))


def test_newer_database_is_refused(url: str) -> None:
    set_revision(url, "9999")
    with pytest.raises(StoreError, match=rf"schema revision 9999, which is newer than .*\({migrate.head()}\)"):
        open_store(url)


def test_older_database_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    open_store(url).close()
    now = migrate.head()
    monkeypatch.setattr(migrate, "head", lambda: "0099")
    hint = re.escape(f"back it up, then run: model_search db upgrade --trial_store={url}")
    with pytest.raises(StoreError, match=rf"revision {now}, this version of model_search has 0099; {hint}"):
        open_store(url)


def upgraded(url: str) -> str | None:
    database = open_database(url)
    try:
        return migrate.upgrade_database(database)
    finally:
        database.close()


def test_upgrade_of_an_empty_and_of_a_new_database(url: str) -> None:
    assert upgraded(url) is None
    assert open_store(url).studies() == []
    assert upgraded(url) == migrate.head()


def test_upgrade_of_a_newer_database_is_refused(url: str) -> None:
    set_revision(url, "9999")
    with pytest.raises(StoreError, match="newer"):
        upgraded(url)


def test_a_database_of_the_first_revision_keeps_its_trials(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as first:
        upgrade = migrate.command.upgrade
        first.setattr(migrate.command, "upgrade", lambda config, _: upgrade(config, "0001"))
        first.setattr(migrate, "head", lambda: "0001")
        store = open_store(url)
        study = store.open_study(config())
        store.close()
    row = (
        "INSERT INTO search_trials (study_id, number, state, attempt, trainer, error, revision, token, fingerprint,"
        " architecture_digest, kind, origin, architecture, hyperparameters, parents, objective, cost, loss, metrics,"
        " parameters, seconds, model) VALUES (1, 1, 'COMPLETED', 1, 't', '', 1, 'x', 'f', 'd', 'search', '', '[\"A\"]',"
        " '{}', '[]', 0.5, -0.5, 0.1, '{}', 10, 1.0, 'm')"
    )
    with sqlite3.connect(make_url(url).database or "") as connection:
        connection.execute(row)
        connection.execute("INSERT INTO search_measurements VALUES (1, 1, 1, 5, '{\"loss\": 2.0}')")
        connection.execute("UPDATE search_studies SET completed = 1")
    with pytest.raises(StoreError, match="revision 0001"):
        open_store(url)
    assert upgraded(url) == "0001"
    store = open_store(url)
    assert store.open_study(config()) == study
    (trial,) = store.trials(study.id)
    assert trial.result == Result(0.5, 0.1, {}, 10, 1.0, "m", flops=None, latency_ms=None)
    assert store.measurements(study.id, 1) == [Measurement(5, {"loss": 2.0})]
    assert store.has_failed(study.id, ["A"]) is False


def test_database_enforces_states(url: str) -> None:
    open_store(url).close()
    insert = (
        "INSERT INTO search_trials (study_id, number, state, attempt, trainer, error, revision, token, lease_expires)"
        " VALUES (1, {}, '{}', 1, 't', '{}', 1, '{}', {})"
    )
    wrong = [(1, "DONE", "", "", "NULL"), (0, "WAITING", "", "", "NULL"), (1, "WAITING", "", "", "1.0")]
    wrong += [(1, "RUNNING", "", "x", "NULL"), (1, "RUNNING", "", "", "1.0")]
    wrong += [(1, "COMPLETED", "", "x", "NULL"), (1, "INFEASIBLE", "", "x", "NULL")]
    with sqlite3.connect(make_url(url).database or "") as connection:
        for row in wrong:
            with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
                connection.execute(insert.format(*row))
        connection.execute(insert.format(1, "RUNNING", "", "x", "1.0"))
        with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
            connection.execute(insert.format(1, "WAITING", "", "", "NULL"))


def _open(url: str, barrier: object, failures: object) -> None:
    barrier.wait()  # type: ignore[attr-defined]
    try:
        open_store(url).close()
    except Exception as error:
        failures.put(repr(error))  # type: ignore[attr-defined]


def test_many_processes_create_it_at_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    failures = context.Queue()
    for turn in range(5):
        url, barrier = f"sqlite:///{tmp_path}/{turn}.db", context.Barrier(8)
        workers = [context.Process(target=_open, args=(url, barrier, failures)) for _ in range(8)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(60)
            assert worker.exitcode == 0
        assert open_store(url).studies() == []
    assert failures.empty()
