"""Faults, each brought about again and again by a thread of its own, at random times."""

import random
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from .postgres import PrivatePostgres


@dataclass(frozen=True)
class Fault:
    """A kind of fault: its name, the mean time between two, and what brings it about and says how many it were."""

    name: str
    mean_seconds: float
    act: Callable[[random.Random], int]


class Faults:
    """A context manager: while it is open, faults happen. `counts` says how many of each."""

    def __init__(self, faults: Sequence[Fault], seed: int):
        self.counts: Counter[str] = Counter()
        self.errors: list[str] = []
        self._done = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(fault, seed), daemon=True) for fault in faults]

    def __enter__(self) -> "Faults":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join()

    def _run(self, fault: Fault, seed: int) -> None:
        chance = random.Random(f"{seed} {fault.name}")
        while not self._done.wait(chance.expovariate(1 / fault.mean_seconds)):
            try:
                self.counts[fault.name] += fault.act(chance)
            except Exception as error:  # A fault that cannot be brought about would make the verdict worthless.
                self.errors.append(f"{fault.name}: {error}")
                return


def restart(server: PrivatePostgres, mode: str) -> int:
    server.restart(mode)
    return 1


def drop_connections(url: str, part: float) -> int:
    """Ends so large a part of the server's sessions; how many."""
    query = text(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend' AND random() < :part"
    )
    engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    try:
        with engine.connect() as connection:
            return int(connection.execute(query, {"part": part}).scalar_one())
    except OperationalError:
        return 0  # it is being restarted


def hold_write_lock(path: Path, seconds: float) -> int:
    """A stranger writes to the SQLite file for so long, and gives up."""
    with closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        time.sleep(seconds)
        connection.execute("ROLLBACK")
    return 1
