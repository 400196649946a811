"""Ctrl-C and SIGTERM, which end a search in order."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Interruption:
    """What a signal asks for.

    Attributes:
      stop: set at the first signal, and by whoever else ends the search.
      number: of the signal; 0 where none came.
    """

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.number = 0

    @property
    def status(self) -> int:
        """Exit status as shells expect it of a program that a signal ended: 130 for Ctrl-C; 0 where none came."""
        return 128 + self.number if self.number else 0


@contextmanager
def interruptible(said: str) -> Iterator[Interruption]:
    """The first SIGINT or SIGTERM says `said` and sets `stop`; a second one raises `KeyboardInterrupt`."""
    interruption = Interruption()

    def interrupt(number: int, frame: object) -> None:
        if interruption.number:
            raise KeyboardInterrupt
        print(f"\nstopping: {said}", file=sys.stderr, flush=True)
        interruption.number = number
        interruption.stop.set()

    previous = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield interruption
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
