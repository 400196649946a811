"""What must hold after a run with faults, and what does not."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from model_search.study import Trial, TrialState

from .crew import Loss
from .log import Event
from .trainer import result, suggestion

FINAL = {"complete": TrialState.COMPLETED, "stop": TrialState.STOPPED, "fail": TrialState.INFEASIBLE}
WRITES = {*FINAL, "suggest", "heartbeat", "hold", "measure", "release"}
LATE = "after the lease was lost"


@dataclass(frozen=True)
class Run:
    """All that is known after a run.

    Attributes:
      events: what trainers wrote down.
      trials: of the study, in the end.
      budget: of the study, in the end.
      losses: trainers that were killed or stood still.
      outages: when the database took no writes: begin and end.
      exits: exit status of each trainer.
      lease_seconds: of each claim; heartbeats come at a third of it.
      slack_seconds: what an orphan may wait beyond a lease and a heartbeat.
    """

    events: Sequence[Event]
    trials: Sequence[Trial]
    budget: int
    losses: Sequence[Loss]
    outages: Sequence[tuple[float, float]]
    exits: Mapping[str, int]
    lease_seconds: float
    slack_seconds: float = 0.0

    @property
    def patience(self) -> float:
        """Seconds within which an orphan is to be taken up: a lease and a heartbeat."""
        return self.lease_seconds * 4 / 3 + self.slack_seconds


@dataclass
class Orphans:
    """What became of trials whose trainer was lost: seconds until somebody took each, how many were given up after
    their last attempt, and how many were taken by somebody who was killed before he could write it down."""

    seconds: list[float] = field(default_factory=list)
    given_up: int = 0
    unseen: int = 0


def violations(run: Run) -> list[str]:
    """A sentence for each thing that should not be."""
    late = orphans_of(run)[1]
    return [
        *_numbers(run),
        *_endings(run),
        *_contents(run),
        *_double_claims(run),
        *_overtaken_writes(run),
        *_deaths(run),
        *late,
    ]


def _numbers(run: Run) -> Iterator[str]:
    numbers = [trial.number for trial in run.trials]
    missing = set(range(1, run.budget + 1)) - set(numbers)
    if missing:
        yield f"numbers are missing: {sorted(missing)[:10]}"
    if len(numbers) != len(set(numbers)):
        yield "numbers are there twice"
    if max(numbers, default=0) > run.budget:
        yield f"the budget of {run.budget} was exceeded: {max(numbers)}"
    for trial in run.trials:
        if not trial.state.is_final:
            yield f"trial {trial.number} is still {trial.state.value}"


def _endings(run: Run) -> Iterator[str]:
    """Whether what trainers were told is written still is."""
    by_number = {trial.number: trial for trial in run.trials}
    for event in run.events:
        if event.what not in FINAL:
            continue
        trial = by_number.get(event.number)
        said = f"trial {event.number}: {event.what} by {event.trainer} was acknowledged"
        if trial is None or trial.state is not FINAL[event.what] or trial.trainer != event.trainer:
            yield f"{said}, and is lost: {trial}"
        elif event.what == "fail" and trial.error != "simulated":
            yield f"{said}, and the reason is {trial.error!r}"
        elif event.what != "fail" and trial.result != result(event.number, event.detail):
            yield f"{said}, and has changed: {trial.result}"


def _contents(run: Run) -> Iterator[str]:
    for trial in run.trials:
        if trial.state in (TrialState.COMPLETED, TrialState.STOPPED):
            assert trial.result is not None
            if not trial.result.model.startswith(f"{trial.trainer}/{trial.number}/"):
                yield f"trial {trial.number} of {trial.trainer} has another's result: {trial.result.model}"
            if trial.result != result(trial.number, trial.result.model):
                yield f"trial {trial.number} has a wrong result: {trial.result}"
            if trial.suggestion != suggestion(trial.number):
                yield f"trial {trial.number} has a wrong suggestion: {trial.suggestion}"


def _double_claims(run: Run) -> Iterator[str]:
    """An attempt belongs to one trainer, unless that one gave it back (perhaps dying before it was written down)."""
    gone = {loss.trainer for loss in run.losses}
    released = {event.token for event in run.events if event.what in ("release", "refused")}
    holders: dict[tuple[int, int], list[Event]] = defaultdict(list)
    for event in run.events:
        if event.what == "claim":
            holders[event.number, event.attempt].append(event)
    for (number, attempt), events in holders.items():
        for earlier in sorted(events, key=lambda event: event.ended)[:-1]:
            if earlier.token not in released and earlier.trainer not in gone:
                yield f"trial {number}, attempt {attempt} was given to several: {[event.trainer for event in events]}"


def _overtaken_writes(run: Run) -> Iterator[str]:
    """A write that began when a later claim of the trial had already been answered must have been refused."""
    claims: dict[int, list[Event]] = defaultdict(list)
    own: dict[str, Event] = {}
    for event in run.events:
        if event.what == "claim":
            claims[event.number].append(event)
            own[event.token] = event
    for event in run.events:
        if event.what not in WRITES:
            continue
        if event.detail == LATE:
            yield f"trial {event.number}: {event.what} by {event.trainer} was accepted {LATE}"
        for claim in claims[event.number]:
            if claim.began > own[event.token].ended and claim.ended < event.began:
                yield f"trial {event.number}: {event.what} by {event.trainer} was accepted, {claim.trainer} had it"


def _deaths(run: Run) -> Iterator[str]:
    killed = {loss.trainer for loss in run.losses if loss.until == float("inf")}
    for name, status in run.exits.items():
        if status != 0 and not (status == -9 and name in killed):
            yield f"{name} died with exit status {status}"


def orphans_of(run: Run) -> tuple[Orphans, list[str]]:
    """What became of orphans, and which were taken up too late."""
    found, late = Orphans(), list[str]()
    by_trainer: dict[str, list[Event]] = defaultdict(list)
    claims: dict[int, list[Event]] = defaultdict(list)
    for event in run.events:
        by_trainer[event.trainer].append(event)
        if event.what == "claim":
            claims[event.number].append(event)
    trials = {trial.number: trial for trial in run.trials}
    for loss in run.losses:
        # One who stood still for less may have gone on with his trial.
        if loss.until - loss.at <= run.patience + outage_seconds(run.outages, loss.at, loss.until):
            continue
        orphan = _held(by_trainer[loss.trainer], loss.at)
        if orphan is None:
            continue
        next_claims = [claim for claim in claims[orphan.number] if claim.token != orphan.token]
        taken = min((claim for claim in next_claims if claim.ended > orphan.ended), key=_ended, default=None)
        if taken is not None and taken.ended <= loss.at:
            continue  # it had been lost before, and nobody had asked this trainer since
        if taken is None:
            late.extend(_never_taken(run, loss, orphan, trials.get(orphan.number), found))
            continue
        seconds = taken.ended - loss.at - outage_seconds(run.outages, loss.at, taken.ended)
        if seconds > run.patience and taken.attempt > orphan.attempt + 1:
            found.unseen += 1
            continue
        found.seconds.append(seconds)
        if seconds > run.patience:
            late.append(f"trial {orphan.number} was an orphan of {loss.trainer} for {seconds:.1f} s")
    return found, late


def _never_taken(run: Run, loss: Loss, orphan: Event, trial: Trial | None, found: Orphans) -> Iterator[str]:
    if trial is None:
        return  # said by _numbers
    if trial.state is TrialState.INFEASIBLE and "attempts lost" in trial.error:
        found.given_up += 1
        return
    # Reported in the last moment, before it could be written down?
    own_end = [event for event in run.events if event.token == orphan.token and event.what in FINAL]
    if trial.trainer != loss.trainer or any(event.began > loss.at for event in own_end):
        ends = [f"{event.what} from {event.began - loss.at:.3f} to {event.ended - loss.at:.3f} s" for event in own_end]
        yield (
            f"trial {orphan.number} of {loss.trainer} was taken up by nobody; the trainer was away for"
            f" {loss.until - loss.at:.1f} s, and said {', '.join(ends) or 'nothing'} after it went; {trial}"
        )


def _held(events: Sequence[Event], at: float) -> Event | None:
    """The claim that a trainer held at a moment."""
    held = None
    for event in events:
        if event.ended > at:
            break
        if event.what == "claim":
            held = event
        elif event.what in (*FINAL, "release", "refused"):
            held = None
    return held


def outage_seconds(outages: Sequence[tuple[float, float]], begin: float, end: float) -> float:
    """How much of the time from `begin` to `end` was outage."""
    return sum(max(0.0, min(end, over) - max(begin, since)) for since, over in outages)


def _ended(event: Event) -> float:
    return event.ended
