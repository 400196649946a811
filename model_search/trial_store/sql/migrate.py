"""Schema revisions: new databases are built by the migrations, others are checked against them.

`model_search db upgrade` brings an older database to the revision of this version.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, inspect, select, table, text
from sqlalchemy.sql import column

from ..contract import StoreError
from .database import Database
from .tables import VERSION_TABLE

_version = table(VERSION_TABLE, column("version_num"))

# Two processes that find an empty database must not both build it. SQLite: the write lock that the transaction has.
# MariaDB's lock lasts as long as its connection, since each CREATE TABLE ends a transaction.
_LOCK = {
    "postgresql": "SELECT pg_advisory_xact_lock(7310268431)",
    "mysql": "SELECT GET_LOCK('model_search_schema', 20)",
    "mariadb": "SELECT GET_LOCK('model_search_schema', 20)",
}


def prepare(database: Database) -> None:
    """Builds the tables where there are none; refuses a database of another revision.

    Raises:
      StoreError: the database cannot be reached or written, or its revision is another one.
    """
    if current_revision(database) is None:
        upgrade_database(database)
    # Under the lock: MariaDB shows the tables while another process builds them.
    found, wanted = database.reach(revision_of), head()
    if found != wanted:
        try:
            found = database.write(_locked_revision)
        finally:
            database.engine.dispose()  # ends MariaDB's lock
    if found == wanted:
        return
    if found in known_revisions():
        raise StoreError(
            f"trial database {database.name} has schema revision {found}, this version of model_search has {wanted}; "
            f"back it up, then run: model_search db upgrade --trial_store={database.name}"
        )
    raise _newer(database, found)


def current_revision(database: Database) -> str | None:
    """A database's revision, None where it has no tables; connects. Raises `StoreError`."""
    if database.engine.dialect.name == "sqlite":
        _set_wal(database)
    return database.reach(revision_of)


def upgrade_database(database: Database) -> str | None:
    """Brings the tables to the revision of this version; one process at a time, others find it done.

    Returns:
      The revision before, None where there were no tables.

    Raises:
      StoreError: the database is newer, or cannot be reached or written.
    """
    before = current_revision(database)
    if before is not None and before not in known_revisions():
        raise _newer(database, before)
    try:
        database.write(upgrade)
    finally:
        database.engine.dispose()  # ends MariaDB's lock, after the commit
    return before


def _newer(database: Database, found: str | None) -> StoreError:
    return StoreError(
        f"trial database {database.name} has schema revision {found}, which is newer than this version of "
        f"model_search ({head()}); install the version that made it, or use another database"
    )


def upgrade(connection: Connection) -> None:
    """Brings the tables to the newest revision."""
    _lock(connection)
    command.upgrade(_config(connection), "head")


def _lock(connection: Connection) -> None:
    dialect = connection.dialect.name
    if dialect not in _LOCK:
        return
    for _ in range(3):
        if connection.execute(text(_LOCK[dialect])).scalar_one() != 0:
            return
    raise StoreError("another process has been changing the tables of this trial database for a minute")


def _locked_revision(connection: Connection) -> str | None:
    _lock(connection)
    return revision_of(connection)


def new_revision(message: str, number: str) -> None:
    """Writes a migration from the newest revision to what `tables` says, for developers to review and commit."""

    def compare(connection: Connection) -> None:
        upgrade(connection)
        command.revision(_config(connection), message=message, autogenerate=True, rev_id=number)

    Database(URL.create("sqlite")).write(compare)


def revision_of(connection: Connection) -> str | None:
    """The database's revision; None where it has no tables of ours."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(select(_version.c.version_num)).scalar_one_or_none()


def head() -> str:
    """The revision of this version."""
    found = ScriptDirectory.from_config(_config()).get_current_head()
    assert found is not None
    return found


def known_revisions() -> set[str]:
    """All revisions up to this version's."""
    return {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def _config(connection: Connection | None = None) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _set_wal(database: Database) -> None:
    """Lets readers read while one writes. It is a property of the file, and cannot be set inside a transaction."""

    def set_wal(connection: Connection) -> None:
        connection.exec_driver_sql("ROLLBACK")
        mode = connection.exec_driver_sql("PRAGMA journal_mode = WAL").scalar_one()
        if mode != "wal":
            raise StoreError(
                f"trial database {database.name}: its file system cannot share memory between processes (journal mode "
                f"{mode}, not wal); use a folder on a local disk, or a PostgreSQL server"
            )

    database.read(set_wal)
