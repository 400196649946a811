"""What trainers do to trials, each a function of one transaction."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, insert, or_, select, update

from ...study import Measurement, Result, Suggestion, TrialState
from ..contract import Claim, DuplicateSuggestionError
from ..texts import stored_text
from .clock import now
from .encoding import NO_SUGGESTION, metrics_text, result_values, suggestion_of, suggestion_values
from .tables import measurements, refusals, studies, trials
from .transaction import LOST, SPENT, StudyTransaction, Transition, lease_lost


def claim(
    connection: Connection, study_id: int, trainer: str, lease_seconds: float, max_attempts: int, token: str
) -> Claim | None:
    """Reaps, then hands out the first trial that waits, or the next number in the budget; what the token has, again."""
    with StudyTransaction(connection, study_id) as study:
        if known := claimed_before(connection, study_id, token, lease_seconds):
            return known
        _reap(study, (), max_attempts)
        lease: dict[str, Any] = {
            "trainer": stored_text(trainer),
            "token": token,
            "lease_expires": now() + lease_seconds,
        }
        waiting = connection.execute(
            select(trials)
            .where(trials.c.study_id == study_id, trials.c.state == TrialState.WAITING.value)
            .order_by(trials.c.number)
            .limit(1)
        ).one_or_none()
        if waiting is not None:
            moved = study.move(waiting.number, Transition.CLAIM, attempt=waiting.attempt + 1, **lease)
            assert moved, f"trial {waiting.number} changed although its study's row is held"
            return Claim(study_id, waiting.number, waiting.attempt + 1, token, lease_seconds, suggestion_of(waiting))
        if study.last_number >= study.max_trials:
            return None
        return Claim(study_id, study.create(attempt=1, error="", **lease), 1, token, lease_seconds, None)


def claimed_before(connection: Connection, study_id: int, token: str, lease_seconds: float) -> Claim | None:
    """The claim that was made with this token, its lease renewed where it still holds."""
    of_token = (trials.c.study_id == study_id, trials.c.token == token)
    # Without an order: SQLite would walk through all trials of the study by number.
    rows = connection.execute(select(trials).where(*of_token)).all()
    if not rows:
        return None
    row = max(rows, key=lambda row: row.number)
    known = Claim(study_id, row.number, row.attempt, token, lease_seconds, suggestion_of(row))
    if row.state == TrialState.RUNNING.value:
        heartbeat(connection, known)
    return known


def suggest(connection: Connection, claim: Claim, suggestion: Suggestion) -> None:
    """Stores the suggestion, in place of an earlier one of this trial."""
    with StudyTransaction(connection, claim.study_id) as study:
        values = suggestion_values(suggestion)
        other = connection.execute(
            select(trials.c.number).where(
                trials.c.study_id == claim.study_id,
                trials.c.fingerprint == values["fingerprint"],
                trials.c.number != claim.number,
            )
        ).scalar_one_or_none()
        if other is None:
            study.move_claimed(claim, Transition.SUGGEST, **values)
        elif _holds(connection, claim):
            raise DuplicateSuggestionError(other)
        else:
            raise lease_lost(claim)


def refuse(connection: Connection, claim: Claim) -> None:
    """Takes the suggestion back and remembers its architecture."""
    with StudyTransaction(connection, claim.study_id) as study:
        row = connection.execute(select(trials.c.architecture_digest).where(*_held_by(claim))).one_or_none()
        if row is None:
            raise lease_lost(claim)
        if row.architecture_digest is None:
            return
        key = {"study_id": claim.study_id, "architecture_digest": row.architecture_digest}
        known = select(refusals).where(*(refusals.c[name] == value for name, value in key.items()))
        if connection.execute(known).one_or_none() is None:
            connection.execute(insert(refusals).values(**key))
        study.move_claimed(claim, Transition.SUGGEST, **NO_SUGGESTION)


def heartbeat(connection: Connection, claim: Claim) -> None:
    """Extends the lease. One statement on one row: it waits for no other trial of the study."""
    change = update(trials).where(*_held_by(claim)).values(lease_expires=now() + claim.lease_seconds)
    if not connection.execute(change).rowcount:
        raise lease_lost(claim)


def measure(connection: Connection, claim: Claim, measurement: Measurement) -> None:
    """Stores a measurement, in place of an earlier one of the same attempt and step."""
    if not _holds(connection, claim):
        raise lease_lost(claim)
    key = {
        "study_id": claim.study_id,
        "number": claim.number,
        "attempt": claim.attempt,
        "step": int(measurement.step),
    }
    values = {"metrics": metrics_text(measurement.metrics), "objective": measurement.objective}
    change = update(measurements).where(*(measurements.c[name] == value for name, value in key.items()))
    if not connection.execute(change.values(**values)).rowcount:
        connection.execute(insert(measurements).values(**values, **key))


def complete(connection: Connection, claim: Claim, result: Result) -> None:
    """Stores the result."""
    with StudyTransaction(connection, claim.study_id) as study:
        study.move_claimed(claim, Transition.COMPLETE, **result_values(result, study.objective))


def stop(connection: Connection, claim: Claim, result: Result) -> None:
    """Stores the result so far."""
    with StudyTransaction(connection, claim.study_id) as study:
        study.move_claimed(claim, Transition.STOP, **result_values(result, study.objective))


def fail(connection: Connection, claim: Claim, reason: str) -> None:
    """Stores the reason."""
    with StudyTransaction(connection, claim.study_id) as study:
        study.move_claimed(claim, Transition.FAIL, error=stored_text(reason) or "no reason given")


def release(connection: Connection, claim: Claim) -> None:
    """Gives the trial and its attempt back. The token stays until the next claim, so that it may be said twice."""
    with StudyTransaction(connection, claim.study_id) as study:
        study.move_claimed(claim, Transition.RELEASE, attempt=claim.attempt - 1)


def withdraw(connection: Connection, claim: Claim, reason: str) -> None:
    """Takes back a number without a suggestion: removed at the end of the study, else waiting or infeasible."""
    with StudyTransaction(connection, claim.study_id) as study:
        if not _holds(connection, claim):
            raise lease_lost(claim)
        of_study = trials.c.study_id == claim.study_id
        is_empty = and_(trials.c.fingerprint.is_(None), trials.c.state == TrialState.WAITING.value)
        row = connection.execute(select(trials.c.fingerprint).where(*_held_by(claim))).one()
        if row.fingerprint is not None:
            raise ValueError(f"trial {claim.number} has a suggestion and cannot be withdrawn")
        kept = select(trials.c.number).where(of_study, trials.c.number != claim.number, ~is_empty)
        last_kept = connection.execute(kept.order_by(trials.c.number.desc()).limit(1)).scalar_one_or_none() or 0
        if claim.number > last_kept:
            study.remove_after(last_kept)
        elif study.running > 1:
            study.move_claimed(claim, Transition.RELEASE, attempt=claim.attempt - 1)
        else:
            study.move_claimed(claim, Transition.FAIL, error=stored_text(reason) or "no reason given")


def is_intact(connection: Connection, study_id: int, dead_trainers: Collection[str]) -> bool:
    """Whether there is nothing to reap. Takes no lock: trainers that wait ask again and again."""
    lost = select(func.count()).select_from(trials).where(*_lost(study_id, dead_trainers)).scalar_subquery()
    # A study that is not there is for `reap` to tell.
    return connection.execute(select(lost).where(studies.c.id == study_id)).scalar_one_or_none() == 0


def reap(connection: Connection, study_id: int, dead_trainers: Collection[str], max_attempts: int) -> list[int]:
    """Takes back what expired leases and dead trainers hold."""
    with StudyTransaction(connection, study_id) as study:
        return _reap(study, dead_trainers, max_attempts)


def _reap(study: StudyTransaction, dead_trainers: Collection[str], max_attempts: int) -> list[int]:
    rows = study.connection.execute(
        select(trials.c.number, trials.c.attempt, trials.c.trainer)
        .where(*_lost(study.study_id, dead_trainers))
        .order_by(trials.c.number)
    ).all()
    for row in rows:
        spent = row.attempt >= max_attempts
        attempt, trainer = str(row.attempt), row.trainer
        reason = attempt + SPENT[0] + trainer + SPENT[1] if spent else LOST[0] + attempt + LOST[1] + trainer + LOST[2]
        study.move(row.number, Transition.GIVE_UP if spent else Transition.LOSE, token="", error=reason)
    return [row.number for row in rows]


def _lost(study_id: int, dead_trainers: Collection[str]) -> tuple[ColumnElement[bool], ...]:
    names = [stored_text(name) for name in dead_trainers]
    return (
        trials.c.study_id == study_id,
        trials.c.state == TrialState.RUNNING.value,
        or_(trials.c.lease_expires <= now(), trials.c.trainer.in_(names)),
    )


def check_token(connection: Connection, claim: Claim) -> None:
    """Raises `LeaseLostError` where the trial has another token by now. Takes no lock."""
    of_claim = (trials.c.study_id == claim.study_id, trials.c.number == claim.number, trials.c.token == claim.token)
    if connection.execute(select(trials.c.number).where(*of_claim)).one_or_none() is None:
        raise lease_lost(claim)


def _held_by(claim: Claim) -> tuple[ColumnElement[bool], ...]:
    return (
        trials.c.study_id == claim.study_id,
        trials.c.number == claim.number,
        trials.c.state == TrialState.RUNNING.value,
        trials.c.token == claim.token,
    )


def _holds(connection: Connection, claim: Claim) -> bool:
    query = select(trials.c.number).where(*_held_by(claim)).with_for_update()
    return connection.execute(query).one_or_none() is not None
