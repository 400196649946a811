"""Claims on PostgreSQL, in single statements."""

from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    Connection,
    Executable,
    String,
    bindparam,
    case,
    cast,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.sql.dml import ReturningInsert

from ....study import TrialState
from ...contract import Claim
from ...texts import stored_text
from ..changes import claimed_before
from ..clock import now
from ..encoding import suggestion_of
from ..tables import studies, trials
from ..transaction import LOST, SPENT, Transition, no_study
from .parts import HANDED_OUT, STATES, counted, expired, held_study, outlook
from .turns import in_turn

RUNNING, WAITING, INFEASIBLE = (
    STATES[state] for state in (TrialState.RUNNING, TrialState.WAITING, TrialState.INFEASIBLE)
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
    """Hands out the next number, or what waits after expired leases were reaped; None where there is nothing.

    Where it does not look, a new number comes before what has expired.

    Where it is asked for again, a first try may still be under way in the server: its turn came before.
    """
    values = {"of": study_id, "by": stored_text(trainer), "lease": lease_seconds, "right": token}
    while True:  # again where another trainer was faster
        if row := in_turn(connection, _claim_new(looks), values).row:
            return Claim(study_id, row[0], 1, token, lease_seconds, None)
        if known := claimed_before(connection, study_id, token, lease_seconds):
            return known
        found = connection.execute(outlook(), {"of": study_id}).one_or_none()
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
def _claim_new(looks: bool) -> ReturningInsert[Any]:
    study_id: BindParameter[int] = bindparam("of")
    is_new = ~exists().where(trials.c.study_id == study_id, trials.c.token == bindparam("right"))
    is_intact = (~expired(),) if looks else ()
    numbered = (
        update(studies)
        .where(studies.c.id == study_id, studies.c.waiting == 0, studies.c.max_trials > HANDED_OUT, *is_intact, is_new)
        .values(revision=studies.c.revision + 1, running=studies.c.running + 1)
        .returning(HANDED_OUT.label("number"), studies.c.revision)
        .cte("counted")
    )
    values: dict[str, Any] = {
        "study_id": study_id,
        "number": numbered.c.number,
        "state": RUNNING,
        "attempt": literal(1),
        "trainer": bindparam("by"),
        "error": literal(""),
        "revision": numbered.c.revision,
        "token": bindparam("right"),
        "lease_expires": now() + bindparam("lease"),
    }
    created = insert(trials).from_select(list(values), select(*values.values()).select_from(numbered))
    return created.returning(trials.c.number)


@cache
def _claim_waiting() -> Executable:
    held = held_study()
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
    return select(moved).add_cte(counted(Transition.CLAIM, moved).cte("counted"))


@cache
def _reap() -> Executable:
    """Takes back what expired leases hold; see `changes.reap`."""
    held = held_study()
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
