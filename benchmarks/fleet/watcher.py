"""Something that is done beside a run, again and again, until its end."""

import abc
import threading
from types import TracebackType
from typing import Self


class Watcher(abc.ABC):
    """A context manager: a thread that looks again after each pause."""

    def __init__(self, pause_seconds: float):
        self.done = threading.Event()
        self._pause = pause_seconds
        self._thread = threading.Thread(target=self._run, daemon=True)

    @abc.abstractmethod
    def look(self) -> None:
        """What is done each time."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.done.set()
        self._thread.join()

    def _run(self) -> None:
        while not self.done.wait(self._pause):
            self.look()
