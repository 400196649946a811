"""The trial database in SQL, as the contract wants it: each method is one transaction."""

import contextlib
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import URL

from ...study import Measurement, Result, Study, StudyConfig, Suggestion, Trial, TrialKind, TrialState
from ..contract import Claim, TrialStore
from ..texts import check_lease, check_token, new_token
from . import at_once, changes, pruning, queries, studies
from .database import LEAST_PATIENCE_SECONDS, PATIENCE_SECONDS, Database
from .looks import Looks
from .migrate import prepare


class SqlTrialStore(TrialStore):
    """Trials in a database that SQLAlchemy reaches.

    Several threads may share one; a process that was forked opens its own.
    """

    def __init__(self, url: URL):
        """Connects; builds the tables in an empty database.

        Args:
          url: of a SQLite file, a PostgreSQL or a MariaDB/MySQL database.

        Raises:
          StoreError: the database cannot be reached, or its tables are of another version.
        """
        self._database = Database(url)
        prepare(self._database)
        self._at_once = at_once.for_dialect(self._database.engine.dialect)
        self._looks = Looks()

    def outlast(self, stop: threading.Event | None) -> None:
        """See `TrialStore`."""
        self._database.patience.outlast(stop)

    def open_study(self, config: StudyConfig) -> Study:
        """See `TrialStore`."""
        return self._database.write(lambda connection: studies.open_study(connection, config))

    def find_study(self, owner: str, name: str) -> Study | None:
        """See `TrialStore`."""
        return self._database.read(lambda connection: studies.find_study(connection, owner, name))

    def studies(self) -> Sequence[Study]:
        """See `TrialStore`."""
        return self._database.read(studies.all_studies)

    def claim(self, study_id: int, trainer: str, lease_seconds: float, token: str = "") -> Claim | None:
        """See `TrialStore`."""
        check_lease(lease_seconds)
        # Made outside of the transaction: one whose commit was not answered runs again, and finds what it claimed.
        token = token or new_token()
        check_token(token)
        claim = self._claim(study_id, trainer, lease_seconds, self.max_attempts, token)
        if claim is not None:
            self._looks.expect(study_id, lease_seconds)
        return claim

    def _claim(self, study_id: int, *request: Any) -> Claim | None:
        if self._at_once is not None:
            in_one, looks = self._at_once.claim, self._looks.is_due(study_id)
            with contextlib.suppress(at_once.UndecidedError):
                return self._database.at_once(lambda connection: in_one(connection, study_id, *request, looks))
        return self._database.write(lambda connection: changes.claim(connection, study_id, *request))

    def suggest(self, claim: Claim, suggestion: Suggestion) -> None:
        """See `TrialStore`."""
        self._write(changes.suggest, claim, suggestion)

    def refuse(self, claim: Claim) -> None:
        """See `TrialStore`."""
        self._database.write(lambda connection: changes.refuse(connection, claim))

    def heartbeat(self, claim: Claim) -> None:
        """See `TrialStore`. Gives up on a busy database after half a lease, so that the caller learns of it in time."""
        patience = min(PATIENCE_SECONDS, max(LEAST_PATIENCE_SECONDS, claim.lease_seconds / 2))
        self._write(changes.heartbeat, claim, patience=patience)

    def measure(self, claim: Claim, measurement: Measurement) -> None:
        """See `TrialStore`."""
        self._write(changes.measure, claim, measurement)

    def complete(self, claim: Claim, result: Result) -> None:
        """See `TrialStore`."""
        self._write(changes.complete, claim, result)

    def stop(self, claim: Claim, result: Result) -> None:
        """See `TrialStore`."""
        self._write(changes.stop, claim, result)

    def fail(self, claim: Claim, reason: str) -> None:
        """See `TrialStore`."""
        self._write(changes.fail, claim, reason)

    def release(self, claim: Claim) -> None:
        """See `TrialStore`."""
        self._write(changes.release, claim)

    def withdraw(self, claim: Claim, reason: str) -> None:
        """See `TrialStore`."""
        self._database.write(lambda connection: changes.withdraw(connection, claim, reason))

    def reap(self, study_id: int, dead_trainers: Collection[str] = ()) -> Sequence[int]:
        """See `TrialStore`."""
        if self._database.read(lambda connection: changes.is_intact(connection, study_id, dead_trainers)):
            return []
        return self._database.write(
            lambda connection: changes.reap(connection, study_id, dead_trainers, self.max_attempts)
        )

    def prune(self, study_id: int, numbers: Collection[int], seen: int) -> Sequence[int]:
        """See `TrialStore`."""
        return self._database.write(lambda connection: pruning.prune(connection, study_id, numbers, seen))

    def running_trainers(self, study_id: int) -> Sequence[str]:
        """See `TrialStore`."""
        return self._database.read(lambda connection: queries.running_trainers(connection, study_id))

    def best(self, study_id: int, count: int, kinds: Collection[TrialKind] | None = None) -> Sequence[Trial]:
        """See `TrialStore`."""
        return self._database.read(lambda connection: queries.best(connection, study_id, count, kinds))

    def trial(self, study_id: int, number: int) -> Trial | None:
        """See `TrialStore`."""
        return self._database.read(lambda connection: queries.trial(connection, study_id, number))

    def trials(self, study_id: int, states: Collection[TrialState] | None = None, since: int = 0) -> Sequence[Trial]:
        """See `TrialStore`."""
        return self._database.read(lambda connection: queries.trials_of(connection, study_id, states, since))

    def measurements(self, study_id: int, number: int) -> Sequence[Measurement]:
        """See `TrialStore`."""
        return self._database.read(lambda connection: queries.measurements_of(connection, study_id, number))

    def rung_values(
        self, study_id: int, step: int, states: Collection[TrialState] | None = None
    ) -> Mapping[int, float]:
        """See `TrialStore`."""
        return self._database.read(lambda connection: queries.rung_values(connection, study_id, step, states))

    def counts(self, study_id: int) -> dict[TrialState, int]:
        """See `TrialStore`."""
        return self._database.read(lambda connection: queries.counts(connection, study_id))

    def has_failed(self, study_id: int, architecture: Sequence[str]) -> bool:
        """See `TrialStore`."""
        return self._database.read(lambda connection: queries.has_failed(connection, study_id, architecture))

    def has_tried(self, study_id: int, architecture: Sequence[str]) -> bool:
        """See `TrialStore`."""
        return self._database.read(lambda connection: queries.has_tried(connection, study_id, architecture))

    def number_of(self, study_id: int, fingerprint: str) -> int | None:
        """See `TrialStore`."""
        return self._database.read(lambda connection: queries.number_of(connection, study_id, fingerprint))

    def _write(
        self, transaction: Callable[..., None], claim: Claim, *arguments: Any, patience: float | None = None
    ) -> None:
        """In one statement where the server can and the case is simple, else in a transaction."""
        if self._at_once is not None:
            in_one = getattr(self._at_once, transaction.__name__)
            if self._database.at_once(lambda connection: in_one(connection, claim, *arguments), patience):
                return
            # A token that is void stays so: nobody needs to wait for a zombie's transaction.
            self._database.read(lambda connection: changes.check_token(connection, claim), patience)
        self._database.write(lambda connection: transaction(connection, claim, *arguments), patience)

    def close(self) -> None:
        """See `TrialStore`."""
        self._database.close()
