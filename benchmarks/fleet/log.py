"""What a light trainer writes down: one line for each answer of the trial database, after it came."""

import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from model_search.trial_store.contract import Claim


@dataclass(frozen=True)
class Event:
    """One acknowledged answer.

    Attributes:
      trainer: whose.
      what: `ready`, `claim`, a kind of write, or `refused` (the lease was lost).
      began, ended: of the call, by the machine's monotonic clock, which all processes share.
      number, attempt, token: of the claim; 0, 0 and empty for `ready`.
      detail: what was written, where that is compared in the end.
    """

    trainer: str
    what: str
    began: float
    ended: float
    number: int = 0
    attempt: int = 0
    token: str = ""
    detail: str = ""


class Log:
    """An append-only file. A line is one system call, so a process that is killed leaves whole lines."""

    def __init__(self, folder: Path, trainer: str):
        self._trainer = trainer
        self._file = os.open(folder / f"{trainer}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def write(self, what: str, began: float, claim: Claim | None = None, detail: str = "") -> None:
        place = (claim.number, claim.attempt, claim.token) if claim else ()
        event = Event(self._trainer, what, began, time.monotonic(), *place, detail=detail)
        os.write(self._file, (json.dumps(asdict(event)) + "\n").encode())


def read(folder: Path) -> Iterator[Event]:
    """All that all trainers wrote, each one's in its order."""
    for path in sorted(folder.glob("*.log")):
        for line in path.read_text().splitlines():
            yield Event(**json.loads(line))
