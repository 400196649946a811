"""Parts of statements that change a trial and its study together."""

from sqlalchemy import CTE, ColumnElement, String, Update, bindparam, exists, literal_column, select, update

from ....study import TrialState
from ..tables import studies
from ..transaction import Transition

# States are part of the statements, not parameters: the plan that a server keeps for all parameters would read the
# whole table, since most trials are in the one state that is common.
STATES: dict[TrialState, ColumnElement[str]] = {
    state: literal_column(f"'{state.value}'", String) for state in TrialState
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
