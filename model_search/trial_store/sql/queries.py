"""Questions about trials, each answered from an index."""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, func, select

from ...study import Measurement, Trial, TrialKind, TrialState
from ..contract import RUNG_VALUES, StoreError
from .encoding import architecture_digest, measurement_of, trial_of
from .tables import measurements, refusals, studies, trials


def best(connection: Connection, study_id: int, count: int, kinds: Collection[TrialKind] | None) -> list[Trial]:
    """The best completed trials, in the order of their index; of several kinds, merged from the index of each."""
    completed = select(trials).where(trials.c.study_id == study_id, trials.c.state == TrialState.COMPLETED.value)
    ranking = (trials.c.cost, trials.c.loss, trials.c.number)
    each = [completed] if kinds is None else [completed.where(trials.c.kind == kind.value) for kind in kinds]
    rows = [row for query in each for row in connection.execute(query.order_by(*ranking).limit(count))]
    return [trial_of(row) for row in sorted(rows, key=lambda row: (row.cost, row.loss, row.number))[:count]]


def trial(connection: Connection, study_id: int, number: int) -> Trial | None:
    """One trial, or None."""
    query = select(trials).where(trials.c.study_id == study_id, trials.c.number == number)
    row = connection.execute(query).one_or_none()
    return None if row is None else trial_of(row)


def trials_of(
    connection: Connection, study_id: int, states: Collection[TrialState] | None, since: int
) -> Sequence[Trial]:
    """Trials by number. All states are named where none are given, so that the index by state and revision serves."""
    names = [state.value for state in (TrialState if states is None else states)]
    query = select(trials).where(trials.c.study_id == study_id, trials.c.state.in_(names))
    if since > 0:
        query = query.where(trials.c.revision > since)
    return [trial_of(row) for row in connection.execute(query.order_by(trials.c.number))]


def measurements_of(connection: Connection, study_id: int, number: int) -> list[Measurement]:
    """Measurements of the latest attempt that has any."""
    of_trial = (measurements.c.study_id == study_id, measurements.c.number == number)
    latest = select(func.max(measurements.c.attempt)).where(*of_trial).scalar_subquery()
    query = select(measurements).where(*of_trial, measurements.c.attempt == latest).order_by(measurements.c.step)
    return [measurement_of(row) for row in connection.execute(query)]


def rung_values(
    connection: Connection, study_id: int, step: int, states: Collection[TrialState] | None
) -> dict[int, float]:
    """Objectives at a step by trial, of each one's latest attempt that has one there."""
    query = select(measurements.c.number, measurements.c.objective).where(
        measurements.c.study_id == study_id, measurements.c.step == step, measurements.c.objective.is_not(None)
    )
    if states is not None:
        # Looked up trial by trial: a join may begin with all trials of the study.
        of_trial = (trials.c.study_id == measurements.c.study_id, trials.c.number == measurements.c.number)
        state = select(trials.c.state).where(*of_trial).scalar_subquery()
        query = query.where(state.in_([wanted.value for wanted in states]))
    newest = query.order_by(measurements.c.number.desc(), measurements.c.attempt.desc()).limit(RUNG_VALUES)
    return {row.number: row.objective for row in reversed(connection.execute(newest).all())}


def running_trainers(connection: Connection, study_id: int) -> list[str]:
    """Names of trainers that hold a trial."""
    query = select(trials.c.trainer).where(trials.c.study_id == study_id, trials.c.state == TrialState.RUNNING.value)
    return sorted(set(connection.execute(query).scalars()))


def counts(connection: Connection, study_id: int) -> dict[TrialState, int]:
    """Trials in each state, from the study's counters."""
    row = connection.execute(select(studies).where(studies.c.id == study_id)).one_or_none()
    if row is None:
        raise StoreError(f"the trial database has no study with the key {study_id}")
    return {state: getattr(row, state.value.lower()) for state in TrialState}


def has_failed(connection: Connection, study_id: int, architecture: Sequence[str]) -> bool:
    """Whether an infeasible trial has this architecture, or it was refused."""
    if _is_there(connection, study_id, architecture, {TrialState.INFEASIBLE}):
        return True
    digest = architecture_digest(architecture)
    refused = select(refusals).where(refusals.c.study_id == study_id, refusals.c.architecture_digest == digest)
    return connection.execute(refused).one_or_none() is not None


def has_tried(connection: Connection, study_id: int, architecture: Sequence[str]) -> bool:
    """Whether a trial that is not infeasible has this architecture."""
    return _is_there(connection, study_id, architecture, set(TrialState) - {TrialState.INFEASIBLE})


def _is_there(
    connection: Connection, study_id: int, architecture: Sequence[str], states: Collection[TrialState]
) -> bool:
    """Whether a trial of the architecture is in one of the states."""
    query = select(trials.c.number).where(
        trials.c.study_id == study_id,
        trials.c.architecture_digest == architecture_digest(architecture),
        trials.c.state.in_([state.value for state in states]),
    )
    return connection.execute(query.limit(1)).one_or_none() is not None


def number_of(connection: Connection, study_id: int, fingerprint: str) -> int | None:
    """The number of the trial with this fingerprint, or None."""
    query = select(trials.c.number).where(trials.c.study_id == study_id, trials.c.fingerprint == fingerprint)
    return connection.execute(query).scalar_one_or_none()
