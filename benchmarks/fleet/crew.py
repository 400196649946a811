"""Light trainer processes, forked from one template process that has all imports."""

import contextlib
import multiprocessing
import os
import random
import signal
import threading
import time
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import TracebackType

import psutil

from . import trainer
from .trainer import Work

TEMPLATE = ["__main__", "fleet.trainer", "sqlalchemy.dialects.postgresql.psycopg", "psycopg", "pymysql", "grpc"]
"""What the template imports; what is not installed is left out."""


@dataclass(frozen=True)
class Loss:
    """A trainer that was killed (`until` is infinite) or stood still from `at` to `until`, by the monotonic clock."""

    trainer: str
    at: float
    until: float


class Crew:
    """So many trainers; those that are killed are replaced. A context manager: nobody is left behind it.

    Attributes:
      exits: exit status by name, of those that have ended.
      losses: who was killed or stopped, and when.
      started: when each was asked for.
    """

    def __init__(self, work: Work, size: int):
        self.exits: dict[str, int] = {}
        self.losses: list[Loss] = []
        self.started: dict[str, float] = {}
        self._work, self._size = work, size
        # The template looks for modules where a fresh interpreter does.
        os.environ["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(TEMPLATE)
        self._running: dict[str, BaseProcess] = {}
        self._stopped: dict[str, float] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> "Crew":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill_all()

    def fill(self) -> None:
        """Starts trainers until all are there."""
        self.collect()
        while len(self._running) < self._size:
            name = f"trainer-{len(self.started) + 1}"
            process = self._context.Process(target=trainer.run, args=(self._work, name), name=name)
            self.started[name] = time.monotonic()
            process.start()
            with self._lock:
                self._running[name] = process

    def collect(self) -> int:
        """Notes who has ended; how many have not."""
        for name, process in list(self._running.items()):
            if process.exitcode is not None:
                self.exits[name] = process.exitcode
                with self._lock:
                    del self._running[name]
                    self._stopped.pop(name, None)
        return len(self._running)

    def kill(self, chance: random.Random) -> int:
        """Kills one; how many."""
        with self._lock:
            names = [name for name in self._running if not self._is_lost(name)]
            if not names:
                return 0
            name = chance.choice(names)
            self._signal(name, signal.SIGKILL)
            self.losses.append(Loss(name, time.monotonic(), float("inf")))
            return 1

    def stop(self, chance: random.Random, seconds: float) -> int:
        """Lets one stand still for so long; how many."""
        with self._lock:
            names = [name for name in self._running if name not in self._stopped and not self._is_lost(name)]
            if not names:
                return 0
            name = chance.choice(names)
            self._signal(name, signal.SIGSTOP)
            self._stopped[name] = time.monotonic()
        timer = threading.Timer(seconds, self._wake, args=(name,))
        timer.daemon = True
        timer.start()
        return 1

    def wake_all(self) -> None:
        """Lets those that stand still go on."""
        for name in list(self._stopped):
            self._wake(name)

    def memory(self) -> list[int]:
        """Bytes of each trainer, what processes share divided among them."""
        sizes = []
        for process in list(self._running.values()):
            if process.pid is not None:
                try:
                    sizes.append(psutil.Process(process.pid).memory_full_info().pss)
                except psutil.Error:
                    continue
        return sizes

    def kill_all(self) -> None:
        """Ends whoever is left."""
        for process in self._running.values():
            process.kill()
            process.join()

    def _wake(self, name: str) -> None:
        with self._lock:
            if name in self._stopped:
                self.losses.append(Loss(name, self._stopped.pop(name), time.monotonic()))
                self._signal(name, signal.SIGCONT)

    def _is_lost(self, name: str) -> bool:
        return any(loss.trainer == name and loss.until == float("inf") for loss in self.losses)

    def _signal(self, name: str, number: int) -> None:
        process = self._running.get(name)
        if process is not None and process.exitcode is None and process.pid is not None:
            with contextlib.suppress(ProcessLookupError):  # it ended in this moment
                os.kill(process.pid, number)
