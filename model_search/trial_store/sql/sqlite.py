"""Connections to a SQLite file: how each is set up, and how a transaction begins."""

import random
import sqlite3
import time
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

WRITE = "model_search_write"
"""Execution option of connections whose transactions will write."""

# For so long a writer asks for SQLite's one write lock every few milliseconds, before it begins anew. A transaction
# takes half a millisecond: were the pauses as short, 64 writers would spend the processors on asking.
ASK_SECONDS, PAUSE_SECONDS = 0.25, (0.005, 0.015)
SQLITE_BUSY, SQLITE_LOCKED = 5, 6

# Its own generator: the program's random state, which users seed, stays as it is.
_jitter = random.Random()


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
        if not connection.get_execution_options().get(WRITE, False):
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
            if not _says_busy(error):
                return False
        time.sleep(_jitter.uniform(*PAUSE_SECONDS))
    return False


def is_busy(error: SQLAlchemyError) -> bool:
    """Whether the same transaction may succeed a moment later."""
    return isinstance(error, DBAPIError) and isinstance(error.orig, sqlite3.Error) and _says_busy(error.orig)


def _says_busy(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (SQLITE_BUSY, SQLITE_LOCKED)
