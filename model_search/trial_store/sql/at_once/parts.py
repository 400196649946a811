"""Parts of statements that change a trial and its study together."""

from functools import cache
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Executable,
    String,
    Update,
    bindparam,
    exists,
    func,
    literal_column,
    select,
    update,
)

from ....study import Measurement, TrialState
from ...contract import Claim
from ..clock import now
from ..encoding import metrics_text
from ..tables import studies, trials
from ..transaction import Transition

# States are part of the statements, not parameters: the plan that a server keeps for all parameters would read the
# whole table, since most trials are in the one state that is common.
STATES: dict[TrialState, ColumnElement[str]] = {
    state: literal_column(f"'{state.value}'", String) for state in TrialState
}

HANDED_OUT: ColumnElement[int] = sum(
    (studies.c[state.value.lower()] for state in TrialState), start=literal_column("0")
)
"""The highest number of a study."""


NUMBER = " + ".join(state.value.lower() for state in TrialState)
"""The same in statements that are text."""


class UndecidedError(Exception):
    """The case is not simple; nothing has changed, and a transaction is to decide."""


def named(claim: Claim) -> dict[str, Any]:
    """A claim's trial and its right to write, as parameters of statements."""
    return {"of": claim.study_id, "at": claim.number, "right": claim.token}


def measured(claim: Claim, measurement: Measurement) -> dict[str, Any]:
    """The same with a measurement."""
    return named(claim) | {
        "attempt": claim.attempt,
        "step": int(measurement.step),
        "metrics": metrics_text(measurement.metrics),
        "objective": None if measurement.objective is None else float(measurement.objective),
    }


def held_study() -> CTE:
    """The study's row, locked until the end of the statement: see `StudyTransaction`."""
    return select(studies.c.id, studies.c.revision).where(studies.c.id == bindparam("of")).with_for_update().cte("held")


def counted(transition: Transition, moved: CTE) -> Update:
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


@cache
def outlook() -> Executable:
    """What a trainer that got no new number can hope for. Takes no lock: idle trainers ask again and again."""
    is_open = studies.c.max_trials > HANDED_OUT
    columns = (expired().label("expired"), (studies.c.waiting > 0).label("waiting"), is_open.label("is_open"))
    return select(*columns).where(studies.c.id == bindparam("of"))


def expired() -> ColumnElement[bool]:
    """Whether a lease of the study has expired.

    Counted, not asked for by EXISTS: where a server has no statistics yet, it expects to meet one soon, and reads the
    whole table.
    """
    of_study = (trials.c.study_id == bindparam("of"), trials.c.state == STATES[TrialState.RUNNING])
    return select(func.count()).where(*of_study, trials.c.lease_expires <= now()).scalar_subquery() > 0
