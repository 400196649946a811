"""What every trial database does."""

import abc
import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ..errors import StudyError
from ..study import Measurement, Result, Study, StudyConfig, Suggestion, Trial, TrialKind, TrialState

RUNG_VALUES = 1000
"""So many trials are compared with at most, however large the study is."""


class StoreError(StudyError):
    """The database cannot be used: wrong URL, wrong schema revision, gone for good."""


class UnavailableError(StoreError):
    """The database did not answer for as long as was waited; it may at any later time."""


class StudyMismatchError(StudyError):
    """A study of this owner and name exists and differs; the message says in what."""


class LeaseLostError(Exception):
    """The attempt is no longer this trainer's; nothing was written. The trainer drops the trial and claims another."""


class DuplicateSuggestionError(Exception):
    """Another trial of the study has this very suggestion; nothing was written."""

    def __init__(self, number: int):
        super().__init__(f"trial {number} has the same architecture and hyperparameters")
        self.number = number


@dataclass(frozen=True)
class Claim:
    """A trainer's right to one attempt at one trial.

    Attributes:
      study_id: the study's key.
      number: the trial's number.
      attempt: from 1.
      token: fencing token of this attempt; every write carries it.
      lease_seconds: how long the claim lasts after each heartbeat.
      suggestion: what an earlier attempt stored, to be trained again; None on a first attempt.
    """

    study_id: int
    number: int
    attempt: int
    token: str
    lease_seconds: float
    suggestion: Suggestion | None


class TrialStore(abc.ABC):
    """The trial database.

    Safe to use from several threads of a process, and from any number of processes. All writes are atomic. Every
    write of a trial carries the claim's token: with one that was taken back it raises `LeaseLostError` and changes
    nothing. The database's clock decides leases.

    A lease is the time before which nobody else takes the trial, not a date on which work becomes worthless: until
    the trial is reaped or claimed again, a holder who is late may still write, and a heartbeat renews the lease. That
    is safe, because the database orders the two: either the late write comes first and the reaper finds a trial that is
    finished or renewed, or the reaper does and the token is void. It saves the work of a computer that slept.
    """

    max_attempts: int = 3

    @abc.abstractmethod
    def outlast(self, stop: threading.Event | None) -> None:
        """From now on calls wait for as long as the database does not answer, until `stop` is set: outages end.

        What does not end by waiting is still an error soon: a password that is refused, a schema of another version.
        `heartbeat` still gives up after half a lease, so that its caller learns of it; see `heartbeat.hold`. With None,
        calls give up after a minute, as at first.
        """

    @abc.abstractmethod
    def open_study(self, config: StudyConfig) -> Study:
        """Creates the study, or opens the one of this owner and name and sets its `max_trials`.

        Raises:
          StudyMismatchError: it exists with another spec, data, objective, seed or settings.
        """

    @abc.abstractmethod
    def find_study(self, owner: str, name: str) -> Study | None:
        """The study of this owner and name, or None."""

    @abc.abstractmethod
    def studies(self) -> Sequence[Study]:
        """All studies, oldest first."""

    @abc.abstractmethod
    def claim(self, study_id: int, trainer: str, lease_seconds: float, token: str = "") -> Claim | None:
        """Hands out a trial: one that waits (expired leases are reaped first), else the next number in the budget.

        That another process has lost a lease may be noticed a second later, and new numbers handed out meanwhile.

        Args:
          study_id: of the study.
          trainer: who asks.
          lease_seconds: how long the claim lasts after each heartbeat, more than 0.
          token: of the claim, 32 hexadecimal digits that were never used before; by default made here. Asked again with
            the same one, because the first answer was lost on its way, it gives the same trial with a fresh lease.

        Returns:
          None when there is nothing to hand out: the budget is spent and no trial waits. Others may still run and come
          back (`counts`).

        Raises:
          ValueError: a lease of no time, or a token of another form.
        """

    @abc.abstractmethod
    def suggest(self, claim: Claim, suggestion: Suggestion) -> None:
        """Stores what the trial shall train, before training starts; again: instead of what was stored.

        Raises:
          DuplicateSuggestionError: another trial of the study has the same suggestion.
          LeaseLostError: the claim is no longer valid.
        """

    @abc.abstractmethod
    def refuse(self, claim: Claim) -> None:
        """Takes back what the trial was to train and remembers its architecture as failed: it costs too much.

        The trial stays RUNNING, for another suggestion. Again: no effect. Raises `LeaseLostError`.
        """

    @abc.abstractmethod
    def heartbeat(self, claim: Claim) -> None:
        """Extends the lease by `lease_seconds` from now.

        Raises:
          LeaseLostError: the claim is no longer valid.
          UnavailableError: the database did not answer for half a lease.
        """

    @abc.abstractmethod
    def measure(self, claim: Claim, measurement: Measurement) -> None:
        """Stores metrics of a running trial; the same step again replaces them. Raises `LeaseLostError`.

        The trial's revision stays: measurements are no part of its snapshot.
        """

    @abc.abstractmethod
    def complete(self, claim: Claim, result: Result) -> None:
        """RUNNING to COMPLETED. Again with the same claim: no effect, no error. Raises `LeaseLostError`."""

    @abc.abstractmethod
    def stop(self, claim: Claim, result: Result) -> None:
        """RUNNING to STOPPED with the result so far. Again with the same claim: no effect. Raises `LeaseLostError`."""

    @abc.abstractmethod
    def fail(self, claim: Claim, reason: str) -> None:
        """RUNNING to INFEASIBLE with a reason. Again with the same claim: no effect. Raises `LeaseLostError`."""

    @abc.abstractmethod
    def release(self, claim: Claim) -> None:
        """RUNNING to WAITING at once, without counting the attempt: the trainer is leaving. Raises `LeaseLostError`.

        Again before somebody else claims the trial: no effect.
        """

    @abc.abstractmethod
    def withdraw(self, claim: Claim, reason: str) -> None:
        """Takes back a claimed number for which there is nothing to train; numbers stay without gaps.

        The highest number is handed out again as if it had never been, and with it those right below that wait without
        a suggestion. A number with later ones above it waits while other trials run, since what they find may give it
        something to train; where none runs it becomes INFEASIBLE with the reason.

        Raises:
          LeaseLostError: the claim is no longer valid, or was withdrawn before.
          ValueError: the trial has a suggestion.
        """

    @abc.abstractmethod
    def reap(self, study_id: int, dead_trainers: Collection[str] = ()) -> Sequence[int]:
        """Takes back trials whose lease has expired or whose trainer is known dead.

        They become WAITING, or INFEASIBLE where `max_attempts` are spent. Returns their numbers.
        """

    @abc.abstractmethod
    def prune(self, study_id: int, numbers: Collection[int], seen: int) -> Sequence[int]:
        """Marks completed trials as without files, by an empty path of the model, before these are removed.

        Left as they are: trials that a running or waiting one names as parent, member or teacher, and all where a trial
        has completed that the caller has not seen, since the choice may be another with it.

        Args:
          study_id: the study's key.
          numbers: of the trials whose files may go.
          seen: the highest revision of a completed trial that the caller knows.

        Returns:
          Numbers of the trials that were marked now.
        """

    @abc.abstractmethod
    def running_trainers(self, study_id: int) -> Sequence[str]:
        """Names of the trainers that hold a trial now."""

    @abc.abstractmethod
    def best(self, study_id: int, count: int, kinds: Collection[TrialKind] | None = None) -> Sequence[Trial]:
        """The best completed trials, best first (objective, then loss, then number); of some kinds where given."""

    @abc.abstractmethod
    def trial(self, study_id: int, number: int) -> Trial | None:
        """One trial, or None."""

    @abc.abstractmethod
    def trials(self, study_id: int, states: Collection[TrialState] | None = None, since: int = 0) -> Sequence[Trial]:
        """Trials by number; only those in `states` where given, only those with a revision above `since`."""

    @abc.abstractmethod
    def measurements(self, study_id: int, number: int) -> Sequence[Measurement]:
        """Measurements of a trial's latest attempt that stored any, by step."""

    @abc.abstractmethod
    def rung_values(
        self, study_id: int, step: int, states: Collection[TrialState] | None = None
    ) -> Mapping[int, float]:
        """Objectives measured at a step, by trial number in ascending order; of trials in `states` where given.

        Each trial's is that of its latest attempt that has one there. The newest `RUNG_VALUES` of them.
        """

    @abc.abstractmethod
    def counts(self, study_id: int) -> dict[TrialState, int]:
        """Number of trials in each state; states without trials are there with 0."""

    @abc.abstractmethod
    def has_failed(self, study_id: int, architecture: Sequence[str]) -> bool:
        """Whether a trial of this architecture is INFEASIBLE, or it was refused (see `refuse`)."""

    @abc.abstractmethod
    def has_tried(self, study_id: int, architecture: Sequence[str]) -> bool:
        """Whether a trial of this architecture is in any other state than INFEASIBLE."""

    @abc.abstractmethod
    def number_of(self, study_id: int, fingerprint: str) -> int | None:
        """The number of the trial whose suggestion has this fingerprint, or None."""

    def share_files(self, folder: str) -> None:  # noqa: B027 - most stores have nothing to do
        """Says where this process keeps files of trials: a model directory.

        A store whose trainers share no folder sends files of a trial along when it completes, and fetches those of
        parents, teacher and members when a trial is suggested. Others do nothing.
        """

    def bring_files(self, study_id: int, number: int) -> None:  # noqa: B027 - the same
        """Sees to it that files of a trial, and of its members, are in the shared folder, where the store has them."""

    @abc.abstractmethod
    def close(self) -> None:
        """Gives back connections. The store cannot be used afterwards."""
