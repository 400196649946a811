"""Connections and transactions: how each is set up, begun, and tried again when the database is busy."""

import os
import random
import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import URL, Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from ..contract import StoreError, UnavailableError
from ..patience import Patience
from .servers import first_patience, is_refusal, is_transient, server_engine, single_statements
from .sqlite import WRITE, is_busy, sqlite_engine

T = TypeVar("T")

PATIENCE_SECONDS = 60.0
# With 8 writers on 2 overloaded cores a turn has taken more than half a second.
LEAST_PATIENCE_SECONDS = 10.0
# A file is free again in a moment; a server that starts needs its processor for other things than refusing clients.
PAUSE_SECONDS, SERVER_PAUSE_SECONDS = 0.25, 2.0

# Its own generator: the program's random state, which users seed, stays as it is.
_jitter = random.Random()


class Database:
    """An engine of one process, and the ways to read and write through it.

    An engine must not cross a fork (SQLite's locks and a server's sockets do not), so use in another process than the
    one that made it is refused.
    """

    def __init__(self, url: URL):
        self.name = url.set(query={}).render_as_string(hide_password=True)
        is_sqlite = url.get_backend_name() == "sqlite"
        self.engine = sqlite_engine(url) if is_sqlite else server_engine(url)
        self._is_transient = is_busy if is_sqlite else is_transient
        self._first_patience = _of_a_file if is_sqlite else first_patience
        self._longest_pause = PAUSE_SECONDS if is_sqlite else SERVER_PAUSE_SECONDS
        self._is_refusal = _never if is_sqlite else is_refusal
        self.patience = Patience()
        self._writing = self.engine.execution_options(**{WRITE: True})
        self._at_once = self.engine if is_sqlite else single_statements(self.engine)
        self._brief = self._writing if is_sqlite else self._at_once
        self._process = os.getpid()
        self._closed = False

    def read(self, work: Callable[[Connection], T], patience: float | None = None) -> T:
        """Runs `work`, which only asks."""
        # Servers show each statement what is committed by then, in a transaction too.
        return self._run(self._at_once, work, patience)

    def reach(self, work: Callable[[Connection], T]) -> T:
        """Reads on first contact: waits for a server that restarts, but not for an address that is wrong."""
        return self._run(self.engine, work, PATIENCE_SECONDS, is_first=True)

    def write(self, work: Callable[[Connection], T], patience: float | None = None) -> T:
        """Runs `work` in a transaction that may write; all of it happens, or nothing does.

        Where the database is busy or was lost on the way, `work` runs again, so it must have no other effects.

        Args:
          work: gets the connection.
          patience: seconds after which a database that does not answer is an error; by default that of the store.

        Raises:
          UnavailableError: the database did not answer in time.
          StoreError: it refuses.
        """
        return self._run(self._writing, work, patience)

    def at_once(self, work: Callable[[Connection], T], patience: float | None = None) -> T:
        """The same where each statement stands alone on a server, which begins and commits it, in one round trip.

        On SQLite it is a transaction as any other.
        """
        return self._run(self._brief, work, patience)

    def close(self) -> None:
        """Gives back all connections."""
        self._closed = True
        for engine in (self.engine, self._at_once):
            engine.dispose(close=os.getpid() == self._process)

    def _run(
        self, engine: Engine, work: Callable[[Connection], T], patience: float | None, is_first: bool = False
    ) -> T:
        self._check_usable()
        begin = time.monotonic()
        pause = 0.002
        while True:
            try:
                with engine.begin() as connection:
                    answer = work(connection)
                self.patience.answered()
                return answer
            except SQLAlchemyError as error:
                problem = f"trial database {self.name}: {first_line(error)}"
                if not self._is_transient(error):
                    raise StoreError(problem) from error
                refused = self._is_refusal(error)
                if patience is None and not refused:
                    left = self.patience.left(begin, PATIENCE_SECONDS)
                    self.patience.tell(begin, PATIENCE_SECONDS, problem)
                else:
                    most = PATIENCE_SECONDS if patience is None else patience
                    left = begin + (min(most, self._first_patience(error)) if is_first else most) - time.monotonic()
                if left <= 0:
                    raise (StoreError if refused else UnavailableError)(problem) from error
            time.sleep(min(left, _jitter.uniform(pause / 2, pause)))
            pause = min(2 * pause, self._longest_pause)

    def _check_usable(self) -> None:
        if self._closed:
            raise StoreError(f"trial database {self.name} is closed; open it again")
        if os.getpid() != self._process:
            raise StoreError(
                f"trial database {self.name} was opened by process {self._process} and is used by its fork"
                f" {os.getpid()}; open it again in each process"
            )


def _never(error: SQLAlchemyError) -> bool:
    return False


def _of_a_file(error: SQLAlchemyError) -> float:
    """Seconds that a busy file is waited for on first contact."""
    return PATIENCE_SECONDS


def first_line(error: SQLAlchemyError) -> str:
    """The driver's own message, without SQL, parameters and links."""
    cause = getattr(error, "orig", None) or error
    lines = str(cause).strip().splitlines()
    return lines[0] if lines else type(cause).__name__
