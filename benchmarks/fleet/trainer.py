"""A light trainer: its trials are pauses, all else is what a trainer does with the trial database.

Nothing here imports TensorFlow.
"""

import logging
import os
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from model_search.architecture import Architecture
from model_search.study import Measurement, Result, Suggestion, TrialState
from model_search.trial_store.contract import Claim, LeaseLostError, StoreError, TrialStore
from model_search.trial_store.heartbeat import Heartbeat, hold
from model_search.trial_store.open import open_store

from .log import Log

MAX_STARTS = 10
NEVER = threading.Event()
"""Nobody tells a light trainer to stop."""
UNDER_WAY = (TrialState.RUNNING, TrialState.WAITING)
FAIL, STOP, RELEASE, LONG = 0.04, 0.03, 0.03, 0.05
"""Parts of the trials that fail, that are stopped, that are given back, and that take longer than a lease."""


@dataclass(frozen=True)
class Work:
    """What light trainers are told.

    Attributes:
      url: of the trial database.
      study_id: the study.
      folder: where logs go; the file `closing` in it says that no more budget will come.
      lease_seconds: of each claim; a third of it is between heartbeats.
      trial_seconds: mean length of a trial.
    """

    url: str
    study_id: int
    folder: Path
    lease_seconds: float
    trial_seconds: float

    @property
    def closing(self) -> Path:
        return self.folder / "closing"


def suggestion(number: int) -> Suggestion:
    """What trial `number` trains, whoever runs it."""
    blocks = [f"BLOCK_{number // 7**place % 7}" for place in range(6)]
    return Suggestion(Architecture.of(blocks), {"learning_rate": 1 / number, "optimizer": "adam"})


def result(number: int, model: str) -> Result:
    """What the trial reports; `model` says whose work it is."""
    accuracy = number * 7919 % 10_007 / 10_007
    return Result(accuracy, 1 - accuracy, {"accuracy": accuracy, "loss": 1 - accuracy}, 50_000, 1.0, model)


def run(work: Work, name: str) -> None:
    """Runs trials until the study is finished and closing. Whatever else goes wrong ends the process with a trace."""
    # The kernel wakes those that stand still in a group whose last parent ends, as may the shell that began all this.
    os.setpgid(0, 0)
    errors = os.open(work.folder / f"{name}.err", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(errors, 2)
    logging.disable(logging.WARNING)  # that they wait for the database is no error
    log, chance = Log(work.folder, name), random.Random(name)
    began = time.monotonic()
    store = opened(work.url, log)
    store.outlast(NEVER)
    log.write("ready", began)
    while True:
        began = time.monotonic()
        claim = store.claim(work.study_id, name, work.lease_seconds)
        if claim is not None:
            log.write("claim", began, claim)
            LightTrial(work, store, log, claim, name, chance).run()
        elif work.closing.exists() and not any(store.counts(work.study_id)[state] for state in UNDER_WAY):
            return
        else:
            time.sleep(chance.uniform(0.1, 0.5))


def opened(url: str, log: Log) -> TrialStore:
    """The trial database. One that is not there ends a trainer's start, soon, since the address may be wrong; what
    supervises trainers starts them again, and here that is this loop."""
    failed = 0
    while True:
        began = time.monotonic()
        try:
            return open_store(url)
        except StoreError:
            failed += 1
            log.write("start failed", began)
            if failed == MAX_STARTS:
                raise


class LightTrial:
    """One attempt at a trial."""

    def __init__(self, work: Work, store: TrialStore, log: Log, claim: Claim, name: str, chance: random.Random):
        self._work, self._store, self._log, self._claim, self._chance = work, store, log, claim, chance
        self._model = f"{name}/{claim.number}/{claim.token}"

    def run(self) -> None:
        """Trains and reports; where the lease is lost, insists, and is refused."""
        try:
            self._train()
        except LeaseLostError:
            self._log.write("refused", time.monotonic(), self._claim)
            for what in ("hold", "suggest", "measure", "fail", "stop", "release", "complete"):
                try:
                    self._write(what, detail="after the lease was lost")
                except LeaseLostError:
                    self._log.write("refused", time.monotonic(), self._claim, what)

    def _train(self) -> None:
        number = self._claim.number
        if self._claim.suggestion not in (None, suggestion(number)):
            raise AssertionError(f"trial {number} came with the suggestion of another: {self._claim.suggestion}")
        self._store.best(self._work.study_id, 5)
        self._write("suggest")
        with Heartbeat(_Noted(self), self._claim) as heartbeat:
            seconds = self._chance.expovariate(1 / self._work.trial_seconds)
            if self._chance.random() < LONG:
                seconds += self._work.lease_seconds
            self._pause(seconds / 2, heartbeat)
            self._write("measure")
            self._pause(seconds / 2, heartbeat)
            self._write(self._end(), detail=self._model)

    def _pause(self, seconds: float, heartbeat: Heartbeat) -> None:
        # A zombie's pause ends when it wakes: whether its first write is a heartbeat or a report is left to chance.
        heartbeat.lost.wait(seconds)

    def _end(self) -> str:
        lot = self._chance.random()
        for what, part in (("fail", FAIL), ("stop", STOP), ("release", RELEASE)):
            if lot < part:
                return what
            lot -= part
        return "complete"

    def _write(self, what: str, detail: str = "") -> None:
        store, claim = self._store, self._claim
        outcome = result(claim.number, self._model)
        writes: dict[str, Callable[[], None]] = {
            "suggest": lambda: store.suggest(claim, suggestion(claim.number)),
            "heartbeat": lambda: store.heartbeat(claim),
            "hold": lambda: hold(store, claim, NEVER),
            "measure": lambda: store.measure(claim, Measurement(1, {"loss": 1 / claim.number})),
            "complete": lambda: store.complete(claim, outcome),
            "stop": lambda: store.stop(claim, outcome),
            "fail": lambda: store.fail(claim, "simulated"),
            "release": lambda: store.release(claim),
        }
        began = time.monotonic()
        writes[what]()
        self._log.write(what, began, claim, detail)

    def heartbeat(self) -> None:
        self._write("heartbeat")


class _Noted:
    """As much of a store as `Heartbeat` uses, with each beat written down."""

    def __init__(self, trial: LightTrial):
        self._trial = trial

    def heartbeat(self, claim: Claim) -> None:
        self._trial.heartbeat()
