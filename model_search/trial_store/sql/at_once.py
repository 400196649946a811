"""What trainers do most, each in one statement: for servers that change several tables in one (PostgreSQL).

The study's row is locked and given back inside the server, so no trainer holds it while the network is slow, or while
the trainer itself stands still, and one round trip is all that a claim or a report costs. Each function says whether it
was done this way; where not (a trial waits, a lease has expired, a token is void, it was said before), nothing has
changed, and the transaction in `changes` decides.

Statements are built once, with parameters: building one takes longer than the server does.
"""

from functools import cache
from typing import Any

from sqlalchemy import (
    CTE,
    BindParameter,
    ColumnElement,
    Connection,
    Executable,
    String,
    Update,
    bindparam,
    case,
    cast,
    exists,
    func,
    insert,
    literal,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError

from ...study import Goal, Measurement, Objective, Result, Suggestion, TrialState
from ..contract import Claim
from ..texts import stored_text
from .changes import claimed_before
from .clock import now
from .encoding import metrics_text, result_values, suggestion_of, suggestion_values
from .tables import measurements, studies, trials
from .transaction import LOST, SPENT, Transition, no_study

DIALECTS = ("postgresql",)
# States are part of the statements, not parameters: the plan that a server keeps for all parameters would read the
# whole table, since most trials are in the one state that is common.
STATES: dict[TrialState, ColumnElement[str]] = {
    state: literal_column(f"'{state.value}'", String) for state in TrialState
}
RUNNING, WAITING, INFEASIBLE = (
    STATES[state] for state in (TrialState.RUNNING, TrialState.WAITING, TrialState.INFEASIBLE)
)
HANDED_OUT: ColumnElement[int] = sum(
    (studies.c[state.value.lower()] for state in TrialState), start=literal_column("0")
)
"""The highest number of a study."""


def claim(
    connection: Connection, study_id: int, trainer: str, lease_seconds: float, max_attempts: int, token: str
) -> Claim | None:
    """Hands out the next number, or what waits after expired leases were reaped; None where there is nothing."""
    values = {"of": study_id, "by": stored_text(trainer), "lease": lease_seconds, "right": token}
    while True:  # again where another trainer was faster
        number = connection.execute(_claim_new(), values).scalar_one_or_none()
        if number is not None:
            return Claim(study_id, number, 1, token, lease_seconds, None)
        if known := claimed_before(connection, study_id, token, lease_seconds):
            return known
        found = connection.execute(_outlook(), {"of": study_id}).one_or_none()
        if found is None:
            raise no_study(study_id)
        if not (found.expired or found.waiting or found.is_open):
            return None
        if found.expired:
            connection.execute(_reap(), {"of": study_id, "most": max_attempts})
        row = connection.execute(_claim_waiting(), values).one_or_none()
        if row is not None:
            return Claim(study_id, row.number, row.attempt, token, lease_seconds, suggestion_of(row))


@cache
def _claim_new() -> Executable:
    study_id: BindParameter[int] = bindparam("of")
    is_new = ~exists().where(trials.c.study_id == study_id, trials.c.token == bindparam("right"))
    counted = (
        update(studies)
        .where(studies.c.id == study_id, studies.c.waiting == 0, studies.c.max_trials > HANDED_OUT, ~_expired(), is_new)
        .values(revision=studies.c.revision + 1, running=studies.c.running + 1)
        .returning(HANDED_OUT.label("number"), studies.c.revision)
        .cte("counted")
    )
    values: dict[str, Any] = {
        "study_id": study_id,
        "number": counted.c.number,
        "state": RUNNING,
        "attempt": literal(1),
        "trainer": bindparam("by"),
        "error": literal(""),
        "revision": counted.c.revision,
        "token": bindparam("right"),
        "lease_expires": now() + bindparam("lease"),
    }
    created = insert(trials).from_select(list(values), select(*values.values()).select_from(counted))
    return created.returning(trials.c.number)


@cache
def _outlook() -> Executable:
    """What a trainer that got no new number can hope for. Takes no lock: idle trainers ask again and again."""
    is_open = studies.c.max_trials > HANDED_OUT
    columns = (_expired().label("expired"), (studies.c.waiting > 0).label("waiting"), is_open.label("is_open"))
    return select(*columns).where(studies.c.id == bindparam("of"))


@cache
def _claim_waiting() -> Executable:
    held = _held_study()
    waiting = trials.alias("waiting")
    first = (
        select(func.min(waiting.c.number))
        .where(waiting.c.study_id == bindparam("of"), waiting.c.state == WAITING)
        .scalar_subquery()
    )
    moved = (
        update(trials)
        .where(trials.c.study_id == held.c.id, trials.c.number == first, trials.c.state == WAITING)
        .values(
            state=RUNNING,
            attempt=trials.c.attempt + 1,
            revision=held.c.revision + 1,
            trainer=bindparam("by"),
            token=bindparam("right"),
            lease_expires=now() + bindparam("lease"),
        )
        .returning(*trials.c)
        .cte("moved")
    )
    return select(moved).add_cte(_counted(Transition.CLAIM, moved).cte("counted"))


@cache
def _reap() -> Executable:
    """Takes back what expired leases hold; see `changes.reap`."""
    held = _held_study()
    spent = trials.c.attempt >= bindparam("most")
    attempt = cast(trials.c.attempt, String)
    lost = (
        update(trials)
        .where(trials.c.study_id == held.c.id, trials.c.state == RUNNING, trials.c.lease_expires <= now())
        .values(
            state=case((spent, INFEASIBLE), else_=WAITING),
            error=case(
                (spent, attempt + SPENT[0] + trials.c.trainer + SPENT[1]),
                else_=LOST[0] + attempt + LOST[1] + trials.c.trainer + LOST[2],
            ),
            token="",
            lease_expires=None,
            revision=held.c.revision + 1,
        )
        .returning(trials.c.state)
        .cte("lost")
    )

    def number(*conditions: Any) -> Any:
        return select(func.count()).select_from(lost).where(*conditions).scalar_subquery()

    return (
        update(studies)
        .where(studies.c.id == bindparam("of"), exists(select(lost.c.state)))
        .values(
            revision=studies.c.revision + 1,
            running=studies.c.running - number(),
            waiting=studies.c.waiting + number(lost.c.state == WAITING),
            infeasible=studies.c.infeasible + number(lost.c.state == INFEASIBLE),
        )
    )


def suggest(connection: Connection, claim: Claim, suggestion: Suggestion) -> bool:
    """Stores the suggestion, where no other trial has it."""
    try:
        return _moved(connection, claim, Transition.SUGGEST, suggestion_values(suggestion))
    except IntegrityError:  # another trial got it in this very moment
        return False


def heartbeat(connection: Connection, claim: Claim) -> bool:
    """Extends the lease."""
    return bool(connection.execute(_heartbeat(), _named(claim) | {"lease": claim.lease_seconds}).rowcount)


@cache
def _heartbeat() -> Executable:
    return update(trials).where(*_held(TrialState.RUNNING)).values(lease_expires=now() + bindparam("lease"))


def measure(connection: Connection, claim: Claim, measurement: Measurement) -> bool:
    """Stores a measurement, in place of an earlier one of the same attempt and step."""
    values = {"metrics_": metrics_text(measurement.metrics), "objective_": measurement.objective}
    place = {"attempt_": claim.attempt, "step_": int(measurement.step)}
    stored = connection.execute(_measure(), _named(claim) | place | values)
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


def complete(connection: Connection, claim: Claim, result: Result) -> bool:
    """Stores the result."""
    return _moved(connection, claim, Transition.COMPLETE, _result_values(result))


def stop(connection: Connection, claim: Claim, result: Result) -> bool:
    """Stores the result so far."""
    return _moved(connection, claim, Transition.STOP, _result_values(result))


def fail(connection: Connection, claim: Claim, reason: str) -> bool:
    """Stores the reason."""
    return _moved(connection, claim, Transition.FAIL, {"error": stored_text(reason) or "no reason given"})


def release(connection: Connection, claim: Claim) -> bool:
    """Gives the trial and its attempt back."""
    return _moved(connection, claim, Transition.RELEASE, {"attempt": claim.attempt - 1})


def _result_values(result: Result) -> dict[str, Any]:
    values = result_values(result, Objective("", Goal.MINIMIZE))
    del values["cost"]  # by the study's own goal, which the server looks up
    return values


def _moved(connection: Connection, claim: Claim, transition: Transition, values: dict[str, Any]) -> bool:
    """A transition of a claimed trial, with columns to set besides; see `StudyTransaction.move_claimed`."""
    parameters = _named(claim) | {f"{name}_": value for name, value in values.items()}
    return bool(connection.execute(_move(transition, tuple(values)), parameters).rowcount)


@cache
def _move(transition: Transition, names: tuple[str, ...]) -> Executable:
    held = _held_study()
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
    return _counted(transition, moved)


def _held_study() -> CTE:
    """The study's row, locked until the end of the statement: see `StudyTransaction`."""
    return select(studies.c.id, studies.c.revision).where(studies.c.id == bindparam("of")).with_for_update().cte("held")


def _counted(transition: Transition, moved: CTE) -> Update:
    """The study's counters and revision, where a trial has moved."""
    counters = {}
    if transition.before is not transition.after:
        before, after = (studies.c[state.value.lower()] for state in (transition.before, transition.after))
        counters = {before.name: before - 1, after.name: after + 1}
    return (
        update(studies)
        .where(studies.c.id == bindparam("of"), exists(select(moved.c.number)))
        .values(revision=studies.c.revision + 1, **counters)
    )


def _expired() -> ColumnElement[bool]:
    """Whether a lease of the study has expired.

    Counted, not asked for by EXISTS: where a server has no statistics yet, it expects to meet one soon, and reads the
    whole table.
    """
    of_study = (trials.c.study_id == bindparam("of"), trials.c.state == RUNNING)
    return select(func.count()).where(*of_study, trials.c.lease_expires <= now()).scalar_subquery() > 0


def _named(claim: Claim) -> dict[str, Any]:
    return {"of": claim.study_id, "at": claim.number, "right": claim.token}


def _held(state: TrialState) -> tuple[Any, ...]:
    return (
        trials.c.study_id == bindparam("of"),
        trials.c.number == bindparam("at"),
        trials.c.state == STATES[state],
        trials.c.token == bindparam("right"),
    )
