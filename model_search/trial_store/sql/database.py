"""Connections and transactions: how each is set up, begun, and tried again when the database is busy."""

import contextlib
import os
import random
import sqlite3
import time
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError

from ..contract import StoreError

T = TypeVar("T")

PATIENCE_SECONDS = 60.0
# With 8 writers on 2 overloaded cores a turn has taken more than half a second.
LEAST_PATIENCE_SECONDS = 10.0
# For so long a writer asks for SQLite's one write lock every few milliseconds, before it begins anew.
ASK_SECONDS = 0.25
SQLITE_BUSY, SQLITE_LOCKED = 5, 6

_WRITE = "model_search_write"
# Its own generator: the program's random state, which users seed, stays as it is.
_jitter = random.Random()


class Database:
    """An engine of one process, and the ways to read and write through it.

    An engine must not cross a fork (SQLite's locks and a server's sockets do not), so use in another process than the
    one that made it is refused.
    """

    def __init__(self, url: URL):
        self.name = url.set(query={}).render_as_string(hide_password=True)
        self.engine = sqlite_engine(url) if url.get_backend_name() == "sqlite" else server_engine(url)
        self._writing = self.engine.execution_options(**{_WRITE: True})
        self._at_once = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._process = os.getpid()
        self._closed = False

    def read(self, work: Callable[[Connection], T], patience: float = PATIENCE_SECONDS) -> T:
        """Runs `work` in a transaction that sees one state of the database."""
        return self._run(self.engine, work, patience)

    def reach(self, work: Callable[[Connection], T]) -> T:
        """Reads on first contact: waits for a server that restarts, but not for an address that is wrong."""
        return self._run(self.engine, work, PATIENCE_SECONDS, is_first=True)

    def write(self, work: Callable[[Connection], T], patience: float = PATIENCE_SECONDS) -> T:
        """Runs `work` in a transaction that may write; all of it happens, or nothing does.

        Where the database is busy or was lost on the way, `work` runs again, so it must have no other effects.

        Args:
          work: gets the connection.
          patience: seconds after which a busy database is an error.

        Raises:
          StoreError: the database did not answer in time, or refuses.
        """
        return self._run(self._writing, work, patience)

    def at_once(self, work: Callable[[Connection], T], patience: float = PATIENCE_SECONDS) -> T:
        """The same where each statement stands alone: the server begins and commits it by itself, in one round trip."""
        return self._run(self._at_once, work, patience)

    def close(self) -> None:
        """Gives back all connections."""
        self._closed = True
        self.engine.dispose(close=os.getpid() == self._process)

    def _run(self, engine: Engine, work: Callable[[Connection], T], patience: float, is_first: bool = False) -> T:
        self._check_usable()
        begin = time.monotonic()
        pause = 0.002
        while True:
            try:
                with engine.begin() as connection:
                    return work(connection)
            except SQLAlchemyError as error:
                left = begin + (min(patience, first_patience(error)) if is_first else patience) - time.monotonic()
                if left <= 0 or not is_transient(error):
                    raise StoreError(f"trial database {self.name}: {first_line(error)}") from error
            time.sleep(min(left, _jitter.uniform(pause / 2, pause)))
            pause = min(2 * pause, 0.25)

    def _check_usable(self) -> None:
        if self._closed:
            raise StoreError(f"trial database {self.name} is closed; open it again")
        if os.getpid() != self._process:
            raise StoreError(
                f"trial database {self.name} was opened by process {self._process} and is used by its fork"
                f" {os.getpid()}; open it again in each process"
            )


def is_transient(error: SQLAlchemyError) -> bool:
    """Whether the same transaction may succeed a moment later."""
    if isinstance(error, DBAPIError) and isinstance(error.orig, sqlite3.Error):
        return isinstance(error, OperationalError) and _is_busy(error.orig)
    # Of a server: restarting, connection lost, deadlock, lock wait timeout; a session that it ended for any reason.
    is_lost = isinstance(error, DBAPIError) and error.connection_invalidated
    return is_lost or isinstance(error, OperationalError | InterfaceError)


def first_patience(error: SQLAlchemyError) -> float:
    """Seconds that an error on first contact is worth waiting for, as far as its text tells."""
    if isinstance(getattr(error, "orig", None), sqlite3.Error):
        return PATIENCE_SECONDS
    text = str(error).lower()
    if "refused" in text:  # between two lives of a server, or the wrong port
        return LEAST_PATIENCE_SECONDS
    return PATIENCE_SECONDS if any(sign in text for sign in _RESTARTING) else 0.0


_RESTARTING = (
    "starting up", "shutting down", "shutdown", "not yet accepting", "recovery mode", "closed the connection",
    "terminating connection", "lost connection", "gone away", "too many c",
)  # fmt: skip


def first_line(error: SQLAlchemyError) -> str:
    """The driver's own message, without SQL, parameters and links."""
    cause = getattr(error, "orig", None) or error
    lines = str(cause).strip().splitlines()
    return lines[0] if lines else type(cause).__name__


def sqlite_engine(url: URL) -> Engine:
    """An engine whose transactions begin when we say so, and take the write lock first where they will write."""
    engine = create_engine(url)

    @event.listens_for(engine, "connect")
    def set_up(connection: sqlite3.Connection, record: Any) -> None:
        # The driver's own transactions would begin late, as readers; one that then writes may be refused at once
        # ("database is locked", whatever the timeout) when another has written in between.
        connection.isolation_level = None
        connection.execute("PRAGMA busy_timeout = 0")  # waiting is done in `begin`
        connection.execute("PRAGMA foreign_keys = ON")
        # In WAL mode a commit has been handed to the operating system when it returns, so it survives kill -9 of any
        # process. NORMAL leaves out the fsync at each commit: a power cut may lose the last trials (which are then
        # trained again, from a database that is consistent), never damage older ones.
        connection.execute("PRAGMA synchronous = NORMAL")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if not connection.get_execution_options().get(_WRITE, False):
            connection.exec_driver_sql("BEGIN")
        elif not _ask_for_write_lock(connection):
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _ask_for_write_lock(connection: Connection) -> bool:
    # SQLite's own waiting sleeps longer the longer it has waited, up to 0.1 s, so among busy processes one can starve
    # for many seconds. Asking at short random intervals gives each the same chance at every moment.
    cursor = connection.connection.cursor()
    deadline = time.monotonic() + ASK_SECONDS
    while time.monotonic() < deadline:
        try:
            cursor.execute("BEGIN IMMEDIATE")
            return True
        except sqlite3.OperationalError as error:
            if not _is_busy(error):
                return False
        time.sleep(_jitter.uniform(0.001, 0.005))
    return False


def _is_busy(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (SQLITE_BUSY, SQLITE_LOCKED)


def server_engine(url: URL) -> Engine:
    """An engine for a database server.

    Connections are not tested before use: the first statement after a restart fails, which takes all connections out of
    the pool, and `Database` runs the work again.
    """
    # Every write locks its study's or trial's row first, so nothing stronger is needed, and MariaDB's default
    # locks gaps between rows, which makes neighbours wait for each other.
    name = url.get_backend_name()
    engine = create_engine(url, isolation_level="READ COMMITTED", connect_args=_PATIENCE.get(name, {}))

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, record: Any) -> None:
        for statement in _LIMITS.get(name, ()):
            # MySQL knows no such variable.
            with contextlib.suppress(engine.dialect.loaded_dbapi.Error), connection.cursor() as cursor:
                cursor.execute(statement)
        connection.commit()

    return engine


# A trainer whose machine is stopped or cut off in the middle of a transaction would hold its study's row for hours.
IDLE_SECONDS = 10
_LIMITS = {
    "postgresql": [f"SET idle_in_transaction_session_timeout = '{IDLE_SECONDS}s'"],
    "mysql": [f"SET SESSION idle_transaction_timeout = {IDLE_SECONDS}"],
    "mariadb": [f"SET SESSION idle_transaction_timeout = {IDLE_SECONDS}"],
}
# And one that waits for an answer across a network that is gone must learn of it while its lease lasts.
_PATIENCE: dict[str, dict[str, Any]] = {
    "postgresql": {"connect_timeout": 10, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3,
                   "tcp_user_timeout": 30_000},
    "mysql": {"connect_timeout": 10, "read_timeout": 90, "write_timeout": 30},
    "mariadb": {"connect_timeout": 10, "read_timeout": 90, "write_timeout": 30},
}  # fmt: skip
