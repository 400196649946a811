"""Schema revisions: new databases are built by the migrations, others are checked against them.

`python -m model_search.trial_store.sql.migrate URL` brings an older database to the revision of this version.
"""

import sys
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, inspect, make_url, select, table, text
from sqlalchemy.sql import column

from ..contract import StoreError
from .database import Database
from .tables import VERSION_TABLE

_version = table(VERSION_TABLE, column("version_num"))

# Two processes that find an empty database must not both build it. SQLite: the write lock that the transaction has.
# MariaDB's lock lasts as long as its connection, since each CREATE TABLE ends a transaction.
_LOCK = {
    "postgresql": "SELECT pg_advisory_xact_lock(7310268431)",
    "mysql": "SELECT GET_LOCK('model_search_schema', 60)",
    "mariadb": "SELECT GET_LOCK('model_search_schema', 60)",
}


def prepare(database: Database) -> None:
    """Builds the tables where there are none; refuses a database of another revision.

    Raises:
      StoreError: the database cannot be reached or written, or its revision is another one.
    """
    if database.engine.dialect.name == "sqlite":
        _set_wal(database)
    if database.reach(revision_of) is None:
        try:
            database.write(_create)
        finally:
            database.engine.dispose()  # ends MariaDB's lock, after the commit
    found, wanted = database.read(revision_of), head()
    if found == wanted:
        return
    if found in known_revisions():
        raise StoreError(
            f"trial database {database.name} has schema revision {found}, this version of model_search has {wanted}; "
            f"back it up, then run: python -m {__name__} {database.name}"
        )
    raise StoreError(
        f"trial database {database.name} has schema revision {found}, which is newer than this version of "
        f"model_search ({wanted}); install the version that made it, or use another database"
    )


def upgrade(connection: Connection) -> None:
    """Brings the tables to the newest revision."""
    dialect = connection.dialect.name
    if dialect in _LOCK:
        connection.execute(text(_LOCK[dialect]))
    command.upgrade(_config(connection), "head")


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


def _create(connection: Connection) -> None:
    # Looked at again: another process may have built the tables while this one waited for the lock.
    if revision_of(connection) is None:
        upgrade(connection)


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


def main(arguments: list[str]) -> int:
    """Upgrades the database of the URL in `arguments`."""
    if len(arguments) != 1:
        print(f"usage: python -m {__spec__.name} URL", file=sys.stderr)
        return 2
    database = Database(make_url(arguments[0]))
    database.write(upgrade)
    print(f"{database.name}: schema revision {head()}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
