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
from ..changes import claimed_before
from ..encoding import suggestion_values
from ..transaction import Transition, no_study
from .endings import Endings
from .parts import NUMBER, UndecidedError, measured, named, outlook

NOW = "((julianday('now') - 2440587.5) * 86400.0)"
HELD = "study_id = :of AND number = :at AND state = 'RUNNING' AND token = :right"

CREATE = f"""
INSERT INTO search_trials (study_id, number, state, attempt, trainer, error, revision, token, lease_expires)
SELECT :of, {NUMBER} + 1, 'RUNNING', 1, :by, '', revision + 1, :right, {NOW} + :lease
FROM search_studies WHERE id = :of AND waiting = 0 AND max_trials > {NUMBER}
  AND NOT EXISTS (SELECT 1 FROM search_trials WHERE study_id = :of AND token = :right)"""

LOOK = f"""
  AND NOT EXISTS (
    SELECT 1 FROM search_trials WHERE study_id = :of AND state = 'RUNNING' AND lease_expires <= {NOW})"""

COUNT_NEW = f"""
UPDATE search_studies SET revision = revision + 1, running = running + 1 WHERE id = :of RETURNING {NUMBER}"""


HEARTBEAT = f"UPDATE search_trials SET lease_expires = {NOW} + :lease WHERE {HELD}"

MEASURE = f"""
INSERT INTO search_measurements (study_id, number, attempt, step, metrics, objective)
SELECT study_id, number, :attempt, :step, :metrics, :objective FROM search_trials WHERE {HELD}
ON CONFLICT (study_id, number, attempt, step)
DO UPDATE SET metrics = excluded.metrics, objective = excluded.objective"""

# Ranks by the study's own goal.
COST = f"""(SELECT CASE goal WHEN '{Goal.MAXIMIZE.value}' THEN -:objective_ ELSE :objective_ END
  FROM search_studies WHERE id = :of)"""


def claim(
    connection: Connection,
    study_id: int,
    trainer: str,
    lease_seconds: float,
    max_attempts: int,
    token: str,
    looks: bool,
) -> Claim | None:
    """Hands out the next number; None where there is nothing to hand out.

    Where it does not look, a new number comes before what has expired.

    Raises:
      UndecidedError: a trial waits, or a lease has expired.
    """
    of_study = {"of": study_id}
    lease = {"by": stored_text(trainer), "right": token, "lease": float(lease_seconds)}
    if _done(connection, CREATE + LOOK if looks else CREATE, of_study | lease):
        number = connection.exec_driver_sql(COUNT_NEW, of_study).scalar_one()
        return Claim(study_id, number, 1, token, lease_seconds, None)
    if known := claimed_before(connection, study_id, token, lease_seconds):
        return known
    found = connection.execute(outlook(), of_study).one_or_none()
    if found is None:
        raise no_study(study_id)
    if found.expired or found.waiting or found.is_open:
        raise UndecidedError
    return None


def suggest(connection: Connection, claim: Claim, suggestion: Suggestion) -> bool:
    """Stores the suggestion, where no other trial has it."""
    try:
        return _moved(connection, claim, Transition.SUGGEST, suggestion_values(suggestion))
    except IntegrityError:  # another trial has it
        return False


def heartbeat(connection: Connection, claim: Claim) -> bool:
    """Extends the lease."""
    return _done(connection, HEARTBEAT, named(claim) | {"lease": float(claim.lease_seconds)})


def measure(connection: Connection, claim: Claim, measurement: Measurement) -> bool:
    """Stores a measurement, in place of an earlier one of the same attempt and step."""
    return _done(connection, MEASURE, measured(claim, measurement))


def _moved(connection: Connection, claim: Claim, transition: Transition, values: dict[str, Any]) -> bool:
    """A transition of a claimed trial, with columns to set besides; see `StudyTransaction.move_claimed`."""
    move, count = _move(transition, tuple(values))
    parameters = named(claim) | {f"{name}_": value for name, value in values.items()}
    return _done(connection, move, parameters) and _done(connection, count, {"of": claim.study_id})


_ENDINGS = Endings(_moved)
complete, stop, fail, release = _ENDINGS.complete, _ENDINGS.stop, _ENDINGS.fail, _ENDINGS.release


@cache
def _move(transition: Transition, names: tuple[str, ...]) -> tuple[str, str]:
    """The statements for the trial and for its study."""
    before, after = (state.value.lower() for state in (transition.before, transition.after))
    values = {name: COST if name == "cost" else f":{name}_" for name in names}
    values["revision"] = "(SELECT revision + 1 FROM search_studies WHERE id = :of)"
    if transition.after is not TrialState.RUNNING:
        values["lease_expires"] = "NULL"
    changed = ", ".join(f"{name} = {value}" for name, value in values.items())
    counted = f", {before} = {before} - 1, {after} = {after} + 1" if before != after else ""
    return (
        f"UPDATE search_trials SET state = '{transition.after.value}', {changed} WHERE {HELD}",
        f"UPDATE search_studies SET revision = revision + 1{counted} WHERE id = :of",
    )


def _done(connection: Connection, statement: str, values: dict[str, Any]) -> bool:
    """Whether a statement changed a row."""
    return bool(connection.exec_driver_sql(statement, values).rowcount)
