"""Connections and transactions: how each is set up, begun, and tried again when the database is busy."""

import os
import random
import sqlite3
import time
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError

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
        self._process = os.getpid()
        self._closed = False

    def read(self, work: Callable[[Connection], T], patience: float = PATIENCE_SECONDS) -> T:
        """Runs `work` in a transaction that sees one state of the database."""
        return self._run(self.engine, work, patience)

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

    def close(self) -> None:
        """Gives back all connections."""
        self._closed = True
        self.engine.dispose(close=os.getpid() == self._process)

    def _run(self, engine: Engine, work: Callable[[Connection], T], patience: float) -> T:
        self._check_usable()
        deadline = time.monotonic() + patience
        pause = 0.002
        while True:
            try:
                with engine.begin() as connection:
                    return work(connection)
            except SQLAlchemyError as error:
                left = deadline - time.monotonic()
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
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    if isinstance(error.orig, sqlite3.Error):
        return _is_busy(error.orig)
    return True  # of a server: restarting, connection lost, deadlock, lock wait timeout


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
    """An engine for a database server: connections are tested before use, since servers restart."""
    # Every write locks its study's or trial's row first, so nothing stronger is needed, and MariaDB's default
    # locks gaps between rows, which makes neighbours wait for each other.
    return create_engine(url, isolation_level="READ COMMITTED", pool_pre_ping=True)
