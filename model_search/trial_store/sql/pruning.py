"""Marks trials as without files, where nobody needs them; see `TrialStore.prune`."""

import json
from collections.abc import Collection

from sqlalchemy import Connection, select

from ...study import TrialState
from .tables import trials
from .transaction import StudyTransaction

UNDER_WAY = (TrialState.RUNNING.value, TrialState.WAITING.value)


def prune(connection: Connection, study_id: int, numbers: Collection[int], seen: int) -> list[int]:
    """Takes the models' paths from completed trials that no trial under way refers to.

    The study's row is held, so that every suggestion either was stored before, and is seen here, or comes after.
    """
    with StudyTransaction(connection, study_id) as study:
        completed = (trials.c.study_id == study_id, trials.c.state == TrialState.COMPLETED.value, trials.c.model != "")
        newer = select(trials.c.number).where(*completed, trials.c.revision > seen).limit(1)
        if connection.execute(newer).one_or_none() is not None:
            return []
        with_files = select(trials.c.number).where(*completed, trials.c.number.in_(sorted(set(numbers))))
        found = set(connection.execute(with_files).scalars()) - _needed(connection, study_id)
        study.forget_models(sorted(found))
        return sorted(found)


def _needed(connection: Connection, study_id: int) -> set[int]:
    """Trials that those under way are made from."""
    query = select(trials.c.parents, trials.c.members, trials.c.teacher).where(
        trials.c.study_id == study_id, trials.c.state.in_(UNDER_WAY), trials.c.fingerprint.is_not(None)
    )
    needed: set[int] = set()
    for row in connection.execute(query):
        needed |= {*json.loads(row.parents), *json.loads(row.members or "[]")}
        needed |= set() if row.teacher is None else {row.teacher}
    return needed
