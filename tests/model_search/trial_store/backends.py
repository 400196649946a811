"""The databases that tests run on: a SQLite file, and servers that are running already.

A server is found by the URL in an environment variable, else at its usual port on this machine. Where none answers,
its tests are skipped, or fail where `CI` is set. Each process of tests makes one database of its own, which every test
finds empty.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, Connection, Engine, create_engine, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from model_search.trial_store.contract import TrialStore
from model_search.trial_store.open import open_store
from model_search.trial_store.service.options import ServiceOptions
from model_search.trial_store.service.server import Service
from model_search.trial_store.sql import tables

SERVERS = {
    "postgresql": ("MODEL_SEARCH_TEST_POSTGRESQL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"),
    "mariadb": ("MODEL_SEARCH_TEST_MARIADB", "mysql+pymysql://root@127.0.0.1:3306/mysql"),
}


@contextlib.contextmanager
def database_of_tests(server: str) -> Iterator[str]:
    """URL of a new database on a server; it is dropped at the end."""
    variable, usual = SERVERS[server]
    url = make_url(os.environ.get(variable, usual))
    name = f"model_search_test_{os.getpid()}"
    admin = create_engine(url, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 5})
    try:
        execute(admin, f"CREATE DATABASE {name}")
    except SQLAlchemyError as error:
        absent(f"{server} does not answer ({variable} or {usual}): {str(error).splitlines()[0]}")
    try:
        yield url.set(database=name).render_as_string(hide_password=False)
    finally:
        execute(admin, f"DROP DATABASE {name}{' WITH (FORCE)' if server == 'postgresql' else ''}")
        admin.dispose()


def absent(reason: str) -> None:
    """Skips the test; in CI all databases must be there."""
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def execute(engine: Engine, statement: str) -> None:
    with engine.connect() as connection:
        connection.execute(text(statement))


def emptied(url: str) -> str:
    """The same database as if it had just been made."""
    engine = create_engine(url)
    with engine.begin() as connection:
        empty(connection, make_url(url))
    engine.dispose()
    return url


def empty(connection: Connection, url: URL) -> None:
    if not engine_has_tables(connection):
        return
    names = [table.name for table in reversed(tables.metadata.sorted_tables)]
    if url.get_backend_name() == "postgresql":
        connection.execute(text(f"TRUNCATE {', '.join(names)} RESTART IDENTITY"))
        return
    for name in names:
        connection.execute(text(f"DELETE FROM {name}"))
    connection.execute(text(f"ALTER TABLE {tables.studies.name} AUTO_INCREMENT = 1"))


def engine_has_tables(connection: Connection) -> bool:
    return connection.dialect.has_table(connection, tables.VERSION_TABLE)


def sqlite_url(folder: Path) -> str:
    return f"sqlite:///{folder}/trials.db"


@contextlib.contextmanager
def direct(url: str) -> Iterator[TrialStore]:
    """A store on a database."""
    store = open_store(url)
    yield store
    store.close()


@contextlib.contextmanager
def served(url: str) -> Iterator[TrialStore]:
    """A store that is the client of a service in front of a database."""
    with direct(url) as behind:
        service = Service(behind, ServiceOptions(port=0, grace_seconds=1.0))
        with direct(f"grpc://localhost:{service.port}") as store:
            yield store
        service.stop()
