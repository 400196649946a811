"""Transitions of trials: the only code that changes a trial's state."""

import enum
from collections import Counter
from collections.abc import Collection
from types import TracebackType
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from ...study import TrialState
from ..contract import Claim, LeaseLostError, StoreError
from .encoding import objective_of
from .tables import measurements, studies, trials

RUNNING, WAITING = TrialState.RUNNING, TrialState.WAITING


# What is said of a lost attempt, around its number and its trainer's name; and of the last one.
LOST = ("attempt ", " lost: trainer ", " died or stopped answering")
SPENT = (" attempts lost: the trainer died or stopped answering, ", " the last")


class Transition(enum.Enum):
    """What may happen to a trial that exists, with the state before and the state after. Nothing else may."""

    CLAIM = (WAITING, RUNNING, "claim")
    SUGGEST = (RUNNING, RUNNING, "suggest")
    COMPLETE = (RUNNING, TrialState.COMPLETED, "complete")
    STOP = (RUNNING, TrialState.STOPPED, "stop")
    FAIL = (RUNNING, TrialState.INFEASIBLE, "fail")
    RELEASE = (RUNNING, WAITING, "release")
    LOSE = (RUNNING, WAITING, "lose")
    GIVE_UP = (RUNNING, TrialState.INFEASIBLE, "give up")

    @property
    def before(self) -> TrialState:
        """The state that the trial must be in."""
        return self.value[0]

    @property
    def after(self) -> TrialState:
        """The state that it then has."""
        return self.value[1]


class StudyTransaction:
    """Changes of one study's trials, all in one transaction that holds the study's row.

    Holding the row makes writers of a study follow one another on every database, so that numbers have no gaps, the
    budget is exact, and revisions become visible in their order. The row is written on leaving, and only when a
    trial has changed.
    """

    def __init__(self, connection: Connection, study_id: int):
        self.connection = connection
        self.study_id = study_id
        row = connection.execute(select(studies).where(studies.c.id == study_id).with_for_update()).one_or_none()
        if row is None:
            raise no_study(study_id)
        self.objective = objective_of(row)
        self.max_trials: int = row.max_trials
        self.revision: int = row.revision + 1
        self.running: int = row.running
        self.last_number = sum(getattr(row, state.value.lower()) for state in TrialState)
        self._deltas: Counter[TrialState] = Counter()
        self._changed = False

    def __enter__(self) -> "StudyTransaction":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None and self._changed:
            columns = {state: studies.c[state.value.lower()] for state in TrialState}
            counts = {columns[state].name: columns[state] + delta for state, delta in self._deltas.items() if delta}
            change = update(studies).where(studies.c.id == self.study_id)
            self.connection.execute(change.values(revision=self.revision, **counts))

    def create(self, **values: Any) -> int:
        """Adds the next trial, RUNNING, and returns its number."""
        self.last_number += 1
        self.connection.execute(
            insert(trials).values(
                study_id=self.study_id, number=self.last_number, state=RUNNING.value, revision=self.revision, **values
            )
        )
        self._deltas[RUNNING] += 1
        self._changed = True
        return self.last_number

    def remove_after(self, number: int) -> None:
        """Removes the trials with higher numbers, so that their numbers are handed out again."""
        above = (trials.c.study_id == self.study_id, trials.c.number > number)
        states = self.connection.execute(select(trials.c.state).where(*above)).scalars().all()
        of_above = (measurements.c.study_id == self.study_id, measurements.c.number > number)
        self.connection.execute(delete(measurements).where(*of_above))
        self.connection.execute(delete(trials).where(*above))
        self._deltas.subtract(TrialState(state) for state in states)
        self.last_number = number
        self._changed = True

    def forget_models(self, numbers: Collection[int]) -> None:
        """Takes the paths of their models from trials: their files are about to be removed."""
        if numbers:
            of_numbers = (trials.c.study_id == self.study_id, trials.c.number.in_(numbers))
            self.connection.execute(update(trials).where(*of_numbers).values(model="", revision=self.revision))
            self._changed = True

    def move(self, number: int, transition: Transition, *, held_by: str | None = None, **values: Any) -> bool:
        """Changes a trial, if it is in the state that the transition starts from.

        Args:
          number: the trial's.
          transition: what happens.
          held_by: where given, the trial must have this token.
          **values: columns to set besides.

        Returns:
          Whether the trial was changed; if not, nothing was.
        """
        if transition.after is not RUNNING:
            values["lease_expires"] = None
        change = update(trials).where(
            trials.c.study_id == self.study_id, trials.c.number == number, trials.c.state == transition.before.value
        )
        if held_by is not None:
            change = change.where(trials.c.token == held_by)
        change = change.values(state=transition.after.value, revision=self.revision, **values)
        if not self.connection.execute(change).rowcount:
            return False
        self._deltas[transition.before] -= 1
        self._deltas[transition.after] += 1
        self._changed = True
        return True

    def move_claimed(self, claim: Claim, transition: Transition, **values: Any) -> None:
        """The same for the holder of a claim; nothing happens where this very claim has already brought it about.

        Raises:
          LeaseLostError: the claim is no longer valid.
        """
        if self.move(claim.number, transition, held_by=claim.token, **values):
            return
        query = select(trials.c.state).where(
            trials.c.study_id == self.study_id, trials.c.number == claim.number, trials.c.token == claim.token
        )
        if self.connection.execute(query).scalar_one_or_none() != transition.after.value:
            raise lease_lost(claim)


def no_study(study_id: int) -> StoreError:
    """The error for the key of a study that is not there."""
    return StoreError(f"the trial database has no study with the key {study_id}")


def lease_lost(claim: Claim) -> LeaseLostError:
    """The error for a claim that is no longer valid."""
    return LeaseLostError(f"trial {claim.number}, attempt {claim.attempt}: the lease is lost; nothing was written")
