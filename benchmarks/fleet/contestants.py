"""Trial databases as the benchmark uses them: three calls, ours and Optuna's."""

import abc
import contextlib
import datetime
from collections.abc import Callable
from typing import Any

from sqlalchemy import create_engine, insert, update
from sqlalchemy.exc import OperationalError

from model_search.study import Goal, Objective, StudyConfig
from model_search.trial_store.open import open_store
from model_search.trial_store.sql import tables
from model_search.trial_store.sql.encoding import result_values, suggestion_values

from .trainer import result, suggestion

LEASE = 600.0
CHUNK = 10_000
MAX_TRIES = 60


class Contestant(abc.ABC):
    """A trial database with one study; opened anew in each process."""

    def __init__(self, url: str, study: str):
        self.url, self.study = url, study

    @property
    def has_heartbeats(self) -> bool:
        """Whether trials can be watched."""
        return True

    @abc.abstractmethod
    def open(self) -> None:
        """Connects, and creates the study where it is not there."""

    @abc.abstractmethod
    def claim(self) -> Any:
        """A new trial, running and watched: its lease begins, or its first heartbeat is recorded."""

    @abc.abstractmethod
    def heartbeat(self, claim: Any) -> None:
        """Says that it still runs."""

    @abc.abstractmethod
    def complete(self, claim: Any) -> None:
        """Stores its objective, its other figures and where its model is; it is complete."""

    @abc.abstractmethod
    def grow(self, url: str, size: int) -> None:
        """Writes so many completed trials into the SQL database of `url`, past the interface, which takes minutes."""


class Ours(Contestant):
    """Model Search's."""

    def open(self) -> None:
        self._store = open_store(self.url)
        objective = Objective("accuracy", Goal.MAXIMIZE)
        self._study = self._store.open_study(StudyConfig("benchmark", self.study, "", "", objective, 0, 10_000_000))

    def claim(self) -> Any:
        claim = self._store.claim(self._study.id, "trainer", LEASE)
        assert claim is not None
        return claim

    def heartbeat(self, claim: Any) -> None:
        self._store.heartbeat(claim)

    def complete(self, claim: Any) -> None:
        self._store.complete(claim, result(claim.number, f"trials/{claim.number}"))

    def grow(self, url: str, size: int) -> None:
        running = {"study_id": self._study.id, "state": "COMPLETED", "attempt": 1, "trainer": "t", "error": ""}
        engine = create_engine(url)
        with engine.begin() as connection:
            for chunk in range(1, size + 1, CHUNK):
                rows = [
                    running
                    | {"number": number, "revision": number, "token": f"{number:032x}"}
                    | suggestion_values(suggestion(number))
                    | result_values(result(number, ""), self._study.config.objective)
                    for number in range(chunk, min(chunk + CHUNK, size + 1))
                ]
                connection.execute(insert(tables.trials), rows)
            change = update(tables.studies).where(tables.studies.c.id == self._study.id)
            connection.execute(change.values(completed=size, revision=size))
        engine.dispose()


class Optunas(Contestant):
    """Optuna's `RDBStorage`, or its gRPC proxy where the URL is `grpc://host:port`.

    The figures of a trial beside its objective are one user attribute.
    """

    @property
    def has_heartbeats(self) -> bool:
        """See `Contestant`. The proxy has none."""
        return not self.url.startswith("grpc")

    def open(self) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        if self.url.startswith("grpc://"):
            host, _, port = self.url.removeprefix("grpc://").partition(":")
            self._storage: Any = optuna.storages.GrpcStorageProxy(host=host, port=int(port))
        else:
            self._storage = _until_done(lambda: optuna.storages.RDBStorage(self.url, heartbeat_interval=60))
        maximize = optuna.study.StudyDirection.MAXIMIZE
        try:
            self._study = _until_done(lambda: self._storage.create_new_study([maximize], self.study))
        except optuna.exceptions.DuplicatedStudyError:
            self._study = _until_done(lambda: self._storage.get_study_id_from_name(self.study))
        self._completed = optuna.trial.TrialState.COMPLETE

    def claim(self) -> Any:
        claim = _until_done(lambda: self._storage.create_new_trial(self._study))
        if self.has_heartbeats:
            self.heartbeat(claim)
        return claim

    def heartbeat(self, claim: Any) -> None:
        _until_done(lambda: self._storage.record_heartbeat(claim))

    def complete(self, claim: Any) -> None:
        told = result(claim, f"trials/{claim}")
        others = {"loss": told.loss, "metrics": told.metrics, "parameters": told.parameters, "seconds": told.seconds}
        _until_done(lambda: self._storage.set_trial_user_attr(claim, "result", others | {"model": told.model}))
        _until_done(lambda: self._storage.set_trial_state_values(claim, self._completed, [told.objective]))

    def grow(self, url: str, size: int) -> None:
        from optuna.storages._rdb import models

        now = datetime.datetime.now()
        engine = create_engine(url)
        trials, values = models.TrialModel.__table__, models.TrialValueModel.__table__
        common = {"study_id": self._study, "state": self._completed, "datetime_start": now, "datetime_complete": now}
        with engine.begin() as connection:
            for chunk in range(0, size, CHUNK):
                numbers = range(chunk, min(chunk + CHUNK, size))
                connection.execute(insert(trials), [common | {"number": number} for number in numbers])
            ids = connection.execute(trials.select().where(trials.c.study_id == self._study)).scalars().all()
            for chunk in range(0, size, CHUNK):
                rows = [
                    {"trial_id": key, "objective": 0, "value": 0.5, "value_type": "FINITE"}
                    for key in ids[chunk : chunk + CHUNK]
                ]
                connection.execute(insert(values), rows)
        engine.dispose()


def _until_done(call: Callable[[], Any]) -> Any:
    """Asks again where Optuna gives up on a locked SQLite file, as it does after five seconds.

    Raises:
      optuna.exceptions.StorageInternalError, sqlalchemy.exc.OperationalError: it has given up time and again.
    """
    import optuna

    for _ in range(MAX_TRIES - 1):
        with contextlib.suppress(optuna.exceptions.StorageInternalError, OperationalError):
            return call()
    return call()
