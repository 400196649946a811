"""What trainers do most on SQLite: the same steps as `changes`, in statements that are written once.

The transaction holds the one write lock of the file, and all other trainers wait for it. Most of it was SQLAlchemy's
making of statements.
"""

from functools import cache
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from ....study import Goal, Measurement, Suggestion, TrialState
from ...contract import Claim
from ...texts import stored_text
from ..encoding import metrics_text, suggestion_values
from ..transaction import Transition, no_study
from .endings import Endings
from .parts import UndecidedError

NOW = "((julianday('now') - 2440587.5) * 86400.0)"
NUMBER = " + ".join(state.value.lower() for state in TrialState)
"""The highest number of a study."""
HELD = "study_id = :of AND number = :at AND state = 'RUNNING' AND token = :right"

OUTLOOK = f"""
SELECT {NUMBER} AS number, revision, max_trials,
  waiting > 0 OR EXISTS (SELECT 1 FROM search_trials WHERE study_id = :of AND token = :right) OR EXISTS (
    SELECT 1 FROM search_trials WHERE study_id = :of AND state = 'RUNNING' AND lease_expires <= {NOW}
  ) AS is_undecided
FROM search_studies WHERE id = :of"""

CREATE = f"""
INSERT INTO search_trials (study_id, number, state, attempt, trainer, error, revision, token, lease_expires)
VALUES (:of, :at, 'RUNNING', 1, :by, '', :revision, :right, {NOW} + :lease)"""

COUNT_NEW = "UPDATE search_studies SET revision = :revision, running = running + 1 WHERE id = :of"

HEARTBEAT = f"UPDATE search_trials SET lease_expires = {NOW} + :lease WHERE {HELD}"

MEASURE = f"""
INSERT INTO search_measurements (study_id, number, attempt, step, metrics, objective)
SELECT study_id, number, :attempt, :step, :metrics, :objective FROM search_trials WHERE {HELD}
ON CONFLICT (study_id, number, attempt, step)
DO UPDATE SET metrics = excluded.metrics, objective = excluded.objective"""

STUDY = "SELECT revision + 1, goal FROM search_studies WHERE id = :of"


def claim(
    connection: Connection,
    study_id: int,
    trainer: str,
    lease_seconds: float,
    max_attempts: int,
    token: str,
    again: bool = False,
) -> Claim | None:
    """Hands out the next number; None where there is nothing to hand out. The same where it is asked for again.

    Raises:
      UndecidedError: a trial waits, a lease has expired, or the token has a trial.
    """
    study = connection.exec_driver_sql(OUTLOOK, {"of": study_id, "right": token}).one_or_none()
    if study is None:
        raise no_study(study_id)
    if study.is_undecided:
        raise UndecidedError
    if study.number >= study.max_trials:
        return None
    of_both = {"of": study_id, "revision": study.revision + 1}
    number = study.number + 1
    lease = {"by": stored_text(trainer), "right": token, "lease": float(lease_seconds)}
    connection.exec_driver_sql(CREATE, of_both | lease | {"at": number})
    connection.exec_driver_sql(COUNT_NEW, of_both)
    return Claim(study_id, number, 1, token, lease_seconds, None)


def suggest(connection: Connection, claim: Claim, suggestion: Suggestion) -> bool:
    """Stores the suggestion, where no other trial has it."""
    try:
        return _moved(connection, claim, Transition.SUGGEST, suggestion_values(suggestion))
    except IntegrityError:  # another trial has it
        return False


def heartbeat(connection: Connection, claim: Claim) -> bool:
    """Extends the lease."""
    return _done(connection, HEARTBEAT, _named(claim) | {"lease": float(claim.lease_seconds)})


def measure(connection: Connection, claim: Claim, measurement: Measurement) -> bool:
    """Stores a measurement, in place of an earlier one of the same attempt and step."""
    objective = None if measurement.objective is None else float(measurement.objective)
    values = {
        "attempt": claim.attempt,
        "step": int(measurement.step),
        "metrics": metrics_text(measurement.metrics),
        "objective": objective,
    }
    return _done(connection, MEASURE, _named(claim) | values)


def _moved(connection: Connection, claim: Claim, transition: Transition, values: dict[str, Any]) -> bool:
    """A transition of a claimed trial, with columns to set besides; see `StudyTransaction.move_claimed`."""
    study = connection.exec_driver_sql(STUDY, {"of": claim.study_id}).one_or_none()
    if study is None:
        return False
    renewed, goal = study
    if "cost" in values:
        values = values | {"cost": values["objective"] * (-1 if goal == Goal.MAXIMIZE.value else 1)}
    move, count = _move(transition, tuple(values))
    parameters = _named(claim) | {f"{name}_": value for name, value in values.items()} | {"renewed": renewed}
    if not _done(connection, move, parameters):
        return False
    return _done(connection, count, {"of": claim.study_id, "renewed": renewed})


_ENDINGS = Endings(_moved)
complete, stop, fail, release = _ENDINGS.complete, _ENDINGS.stop, _ENDINGS.fail, _ENDINGS.release


@cache
def _move(transition: Transition, names: tuple[str, ...]) -> tuple[str, str]:
    """The statements for the trial and for its study."""
    before, after = (state.value.lower() for state in (transition.before, transition.after))
    values = {name: f":{name}_" for name in names}
    if transition.after is not TrialState.RUNNING:
        values["lease_expires"] = "NULL"
    changed = ", ".join(f"{name} = {value}" for name, value in values.items())
    counted = f", {before} = {before} - 1, {after} = {after} + 1" if before != after else ""
    return (
        f"UPDATE search_trials SET state = '{transition.after.value}', revision = :renewed, {changed} WHERE {HELD}",
        f"UPDATE search_studies SET revision = :renewed{counted} WHERE id = :of",
    )


def _done(connection: Connection, statement: str, values: dict[str, Any]) -> bool:
    """Whether a statement changed a row."""
    return bool(connection.exec_driver_sql(statement, values).rowcount)


def _named(claim: Claim) -> dict[str, Any]:
    return {"of": claim.study_id, "at": claim.number, "right": claim.token}
