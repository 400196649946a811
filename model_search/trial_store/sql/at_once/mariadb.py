"""What trainers do most on MariaDB: each a compound statement, which is one round trip and one transaction inside the
server, with the same steps as `changes`.

In a transaction of several statements the study's row is held while each answer travels, so that many trainers wait
for the slowest of them. MySQL has no such statements outside of procedures, so there the transactions stay.
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

NOW = "(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6)) / 1000000e0)"
HELD = "study_id = %(of)s AND number = %(at)s AND state = 'RUNNING' AND token = %(right)s"

# Whatever fails in the middle leaves nothing behind, and is told as it is.
COMPOUND = """
BEGIN NOT ATOMIC
  {declared}
  DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END;
  {before}
  START TRANSACTION;
  {steps}
  COMMIT;
  SELECT {answer};
END
"""

# Nobody waits while this looks at all that run.
LOOK = f"""SELECT count(*) INTO expired FROM search_trials
    WHERE study_id = %(of)s AND state = 'RUNNING' AND lease_expires <= {NOW};"""

CLAIM, CLAIM_UNSEEN = (
    COMPOUND.format(
        declared="DECLARE given INT; DECLARE renewed BIGINT; DECLARE expired INT DEFAULT 0;",
        before=look,
        steps=f"""
  SELECT {NUMBER} + 1, revision + 1 INTO given, renewed FROM search_studies
    WHERE id = %(of)s AND waiting = 0 AND expired = 0 AND max_trials > {NUMBER} FOR UPDATE;
  IF EXISTS (SELECT 1 FROM search_trials WHERE study_id = %(of)s AND token = %(right)s) THEN
    SET given = NULL;
  END IF;
  IF given IS NOT NULL THEN
    INSERT INTO search_trials (study_id, number, state, attempt, trainer, error, revision, token, lease_expires)
      VALUES (%(of)s, given, 'RUNNING', 1, %(by)s, '', renewed, %(right)s, {NOW} + %(lease)s);
    UPDATE search_studies SET revision = renewed, running = running + 1 WHERE id = %(of)s;
  END IF;""",
        answer="given",
    )
    for look in (LOOK, "")
)

HEARTBEAT = COMPOUND.format(
    declared="DECLARE done INT DEFAULT 0;",
    before="",
    steps=f"""
  UPDATE search_trials SET lease_expires = {NOW} + %(lease)s WHERE {HELD};
  SET done = ROW_COUNT();""",
    answer="done",
)

# The trial's row is held, so that nobody takes the trial back at the same time.
MEASURE = COMPOUND.format(
    declared="DECLARE found INT;",
    before="",
    steps=f"""
  SELECT number INTO found FROM search_trials WHERE {HELD} LOCK IN SHARE MODE;
  IF found IS NOT NULL THEN
    INSERT INTO search_measurements (study_id, number, attempt, step, metrics, objective)
      VALUES (%(of)s, %(at)s, %(attempt)s, %(step)s, %(metrics)s, %(objective)s)
      ON DUPLICATE KEY UPDATE metrics = VALUES(metrics), objective = VALUES(objective);
  END IF;""",
    answer="found",
)


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
    values = {"of": study_id, "by": stored_text(trainer), "lease": float(lease_seconds), "right": token}
    number = _done(connection, CLAIM if looks else CLAIM_UNSEEN, values)
    if number is not None:
        return Claim(study_id, number, 1, token, lease_seconds, None)
    if known := claimed_before(connection, study_id, token, lease_seconds):
        return known
    found = connection.execute(outlook(), {"of": study_id}).one_or_none()
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
    return bool(_done(connection, HEARTBEAT, named(claim) | {"lease": float(claim.lease_seconds)}))


def measure(connection: Connection, claim: Claim, measurement: Measurement) -> bool:
    """Stores a measurement, in place of an earlier one of the same attempt and step."""
    return _done(connection, MEASURE, measured(claim, measurement)) is not None


def _moved(connection: Connection, claim: Claim, transition: Transition, values: dict[str, Any]) -> bool:
    """A transition of a claimed trial, with columns to set besides; see `StudyTransaction.move_claimed`."""
    parameters = named(claim) | {f"{name}_": value for name, value in values.items()}
    return bool(_done(connection, _move(transition, tuple(values)), parameters))


_ENDINGS = Endings(_moved)
complete, stop, fail, release = _ENDINGS.complete, _ENDINGS.stop, _ENDINGS.fail, _ENDINGS.release


@cache
def _move(transition: Transition, names: tuple[str, ...]) -> str:
    before, after = (state.value.lower() for state in (transition.before, transition.after))
    values = {name: f"%({name}_)s" for name in names}
    if "cost" in values:
        values["cost"] = f"IF(aim = '{Goal.MAXIMIZE.value}', -{values['objective']}, {values['objective']})"
    if transition.after is not TrialState.RUNNING:
        values["lease_expires"] = "NULL"
    changed = ", ".join(f"{name} = {value}" for name, value in values.items())
    counted = f", {before} = {before} - 1, {after} = {after} + 1" if before != after else ""
    return COMPOUND.format(
        declared="DECLARE done INT DEFAULT 0; DECLARE renewed BIGINT; DECLARE aim VARCHAR(16);",
        before="",
        steps=f"""
  SELECT revision + 1, goal INTO renewed, aim FROM search_studies WHERE id = %(of)s FOR UPDATE;
  UPDATE search_trials SET state = '{transition.after.value}', revision = renewed, {changed} WHERE {HELD};
  SET done = ROW_COUNT();
  IF done THEN UPDATE search_studies SET revision = renewed{counted} WHERE id = %(of)s; END IF;""",
        answer="done",
    )


def _done(connection: Connection, statement: str, values: dict[str, Any]) -> int | None:
    """The number that a compound statement answers with."""
    answer: int | None = connection.exec_driver_sql(statement, values).scalar_one()
    return answer
