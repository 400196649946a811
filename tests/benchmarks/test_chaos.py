"""The verdict on runs written by hand, and a short run on SQLite."""

import dataclasses
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fleet.crew import Loss
from fleet.log import Event
from fleet.trainer import result, suggestion
from fleet.verdict import Run, orphans_of, violations

from model_search.study import Trial, TrialState

COMPLETED, INFEASIBLE = TrialState.COMPLETED, TrialState.INFEASIBLE


def event(trainer: str, what: str, at: float, number: int = 1, attempt: int = 1, **changes: Any) -> Event:
    values = {"token": f"{trainer}-{number}-{attempt}", "detail": f"{trainer}/{number}/x" if what == "complete" else ""}
    return Event(trainer, what, at - 0.1, at, number, attempt, **values | changes)


def trial(number: int, trainer: str, attempt: int = 1, state: TrialState = COMPLETED, error: str = "") -> Trial:
    outcome = result(number, f"{trainer}/{number}/x") if state is COMPLETED else None
    return Trial(number, state, attempt, trainer, suggestion(number), outcome, error, revision=number)


# Ada is killed at 10 with trial 1, which Bob takes at 20; Cyd stands still with trial 2 from 5 to 30, is refused.
GOOD = Run(
    events=[
        event("ada", "claim", 8),
        event("ada", "heartbeat", 9),
        event("bob", "claim", 20, attempt=2),
        event("bob", "complete", 21, attempt=2),
        event("cyd", "claim", 4, number=2),
        event("cyd", "refused", 31, number=2),
        event("dot", "claim", 16, number=2, attempt=2),
        event("dot", "complete", 18, number=2, attempt=2),
    ],
    trials=[trial(1, "bob", 2), trial(2, "dot", 2)],
    budget=2,
    losses=[Loss("ada", 10, float("inf")), Loss("cyd", 5, 30)],
    outages=[],
    exits={"ada": -9, "bob": 0, "cyd": 0, "dot": 0},
    lease_seconds=9,
)


def test_nothing_is_wrong_with_a_good_run() -> None:
    assert violations(GOOD) == []
    assert orphans_of(GOOD)[0].seconds == [10, 11]


BAD = {
    "numbers are missing: \\[3\\]": {"budget": 3},
    "the budget of 1 was exceeded: 2": {"budget": 1},
    "numbers are there twice": {"trials": [*GOOD.trials, trial(2, "dot", 2)]},
    "trial 2 is still RUNNING": {"trials": [GOOD.trials[0], trial(2, "dot", 2, TrialState.RUNNING)]},
    "complete by dot was acknowledged, and is lost": {"trials": [GOOD.trials[0], trial(2, "cyd", 2)]},
    "complete by bob was acknowledged, and has changed": {
        "trials": [dataclasses.replace(GOOD.trials[0], result=result(1, "bob/1/y")), GOOD.trials[1]]
    },
    "trial 1 of bob has another's result": {
        "trials": [dataclasses.replace(GOOD.trials[0], result=result(1, "ada/1/x")), GOOD.trials[1]]
    },
    "trial 1 has a wrong suggestion": {
        "trials": [dataclasses.replace(GOOD.trials[0], suggestion=suggestion(2)), GOOD.trials[1]]
    },
    "trial 1, attempt 2 was given to several": {"events": [*GOOD.events, event("dot", "claim", 20.5, attempt=2)]},
    "trial 2: heartbeat by cyd was accepted, dot had it": {
        "events": [*GOOD.events, event("cyd", "heartbeat", 31, number=2)]
    },
    "trial 2: suggest by cyd was accepted after": {
        "events": [*GOOD.events, event("cyd", "suggest", 15, number=2, detail="after the lease was lost")]
    },
    "bob died with exit status 1": {"exits": {**GOOD.exits, "bob": 1}},
    "dot died with exit status -9": {"exits": {**GOOD.exits, "dot": -9}},
    "trial 1 was an orphan of ada for 15.0 s": {
        "events": [dataclasses.replace(e, ended=e.ended + 5) if e.trainer == "bob" else e for e in GOOD.events]
    },
    "trial 1 of ada was taken up by nobody": {
        "events": [e for e in GOOD.events if e.trainer != "bob"],
    },
}


@pytest.mark.parametrize("message", BAD)
def test_what_is_wrong_is_said(message: str) -> None:
    found = violations(dataclasses.replace(GOOD, **BAD[message]))
    assert any(re.search(message, line) for line in found), found


def test_outages_do_not_count() -> None:
    late = [dataclasses.replace(e, ended=e.ended + 5) if e.trainer == "bob" else e for e in GOOD.events]
    assert violations(dataclasses.replace(GOOD, events=late, outages=[(19, 24)])) == []


def test_last_attempt_is_given_up() -> None:
    lost = [e for e in GOOD.events if e.trainer != "bob"]
    error = "3 attempts lost: the trainer died or stopped answering, ada the last"
    given_up = [trial(1, "ada", 3, INFEASIBLE, error), GOOD.trials[1]]
    run = dataclasses.replace(GOOD, events=lost, trials=given_up)
    assert violations(run) == []
    assert orphans_of(run)[0].given_up == 1


def test_trainers_survive_a_short_run() -> None:
    script = Path(__file__).parents[2] / "benchmarks" / "chaos.py"
    flags = ["--seconds=8", "--trainers=4", "--trial_store=sqlite", "--lease_seconds=2", "--trial_seconds=0.2",
             "--pace=8", "--slack_seconds=30"]  # fmt: skip
    done = subprocess.run([sys.executable, script, *flags], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    killed = re.search(r"(\d+) trainers killed", done.stdout)
    assert killed and int(killed[1]) >= 1, done.stdout
    assert done.stdout.endswith("0 violations\n")
