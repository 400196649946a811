"""What trainers do most on PostgreSQL, in single statements that change several tables; see also `turns`.

Statements are built once, with parameters: building one takes longer than the server does.
"""

from functools import cache
from typing import Any

from sqlalchemy import Connection, Executable, Update, bindparam, case, exists, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError

from ....study import Goal, Measurement, Suggestion, TrialState
from ...contract import Claim
from ..encoding import metrics_text, suggestion_values
from ..tables import measurements, studies, trials
from ..transaction import Transition
from .endings import Endings
from .parts import STATES, counted, held_study, named
from .postgresql_claims import claim
from .turns import in_turn

HEARTBEAT = """
UPDATE search_trials SET lease_expires = EXTRACT(EPOCH FROM clock_timestamp())::float8 + %(lease)s
WHERE study_id = %(of)s AND number = %(at)s AND state = 'RUNNING' AND token = %(right)s"""

__all__ = ["claim", "complete", "fail", "heartbeat", "measure", "release", "stop", "suggest"]


def suggest(connection: Connection, claim: Claim, suggestion: Suggestion) -> bool:
    """Stores the suggestion, where no other trial has it."""
    try:
        return _moved(connection, claim, Transition.SUGGEST, suggestion_values(suggestion))
    except IntegrityError:  # another trial got it in this very moment
        return False


def heartbeat(connection: Connection, claim: Claim) -> bool:
    """Extends the lease."""
    return bool(connection.exec_driver_sql(HEARTBEAT, named(claim) | {"lease": float(claim.lease_seconds)}).rowcount)


def measure(connection: Connection, claim: Claim, measurement: Measurement) -> bool:
    """Stores a measurement, in place of an earlier one of the same attempt and step."""
    values = {"metrics_": metrics_text(measurement.metrics), "objective_": measurement.objective}
    place = {"attempt_": claim.attempt, "step_": int(measurement.step)}
    stored = connection.execute(_measure(), named(claim) | place | values)
    return stored.scalar_one_or_none() is not None


@cache
def _measure() -> Executable:
    # Its trial's row is held, so that nobody takes the trial back at the same time.
    held = select(trials.c.study_id, trials.c.number).where(*_held(TrialState.RUNNING)).with_for_update(read=True)
    columns = measurements.c
    row = held.cte("held").c
    given = {
        name: bindparam(f"{name}_", type_=columns[name].type) for name in ("attempt", "step", "metrics", "objective")
    }
    values: dict[str, Any] = {"study_id": row.study_id, "number": row.number, **given}
    stored = postgresql.insert(measurements).from_select(list(values), select(*values.values()))
    renewed = {name: stored.excluded[name] for name in ("metrics", "objective")}
    replaced = stored.on_conflict_do_update(index_elements=list(measurements.primary_key), set_=renewed)
    return replaced.returning(columns.number)


def _moved(connection: Connection, claim: Claim, transition: Transition, values: dict[str, Any]) -> bool:
    """A transition of a claimed trial, with columns to set besides; see `StudyTransaction.move_claimed`."""
    values = {name: value for name, value in values.items() if name != "cost"}
    parameters = named(claim) | {f"{name}_": value for name, value in values.items()}
    return bool(in_turn(connection, _move(transition, tuple(values)), parameters).changed)


_ENDINGS = Endings(_moved)
complete, stop, fail, release = _ENDINGS.complete, _ENDINGS.stop, _ENDINGS.fail, _ENDINGS.release


@cache
def _move(transition: Transition, names: tuple[str, ...]) -> Update:
    held = held_study()
    values: dict[str, Any] = {name: bindparam(f"{name}_", type_=trials.c[name].type) for name in names}
    if transition.after is not TrialState.RUNNING:
        values["lease_expires"] = None
    if "objective" in names:
        cost = case((studies.c.goal == Goal.MAXIMIZE.value, -values["objective"]), else_=values["objective"])
        values["cost"] = select(cost).where(studies.c.id == bindparam("of")).scalar_subquery()
    conditions = [trials.c.study_id == held.c.id, *_held(transition.before)]
    if "fingerprint" in names:
        other = trials.alias("other")
        of_other = (other.c.study_id == bindparam("of"), other.c.number != bindparam("at"))
        conditions.append(~exists().where(*of_other, other.c.fingerprint == values["fingerprint"]))
    moved = (
        update(trials)
        .where(*conditions)
        .values(state=STATES[transition.after], revision=held.c.revision + 1, **values)
        .returning(trials.c.number)
        .cte("moved")
    )
    return counted(transition, moved)


def _held(state: TrialState) -> tuple[Any, ...]:
    return (
        trials.c.study_id == bindparam("of"),
        trials.c.number == bindparam("at"),
        trials.c.state == STATES[state],
        trials.c.token == bindparam("right"),
    )
