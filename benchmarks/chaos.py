"""Light trainers on one trial database, with processes killed, stopped and woken, servers restarted, connections cut.

    python benchmarks/chaos.py [--seconds=300] [--trainers=100] [--trial_store=postgresql] [--seed=0]

`--trial_store` is `sqlite` (a temporary file), `postgresql` (a private server in a temporary folder, restarted on the
way), `service` (`model_search serve` in front of such a server, behind a proxy that cuts connections; all of them are
restarted), or the URL of an empty database, which is not restarted. Trials are pauses of `--trial_seconds` on average;
trainers import no TensorFlow.

When the time is over the faults end, the trainers use up the budget, and what they wrote down of acknowledged answers
is held against the database: no number missing or double, no completed trial lost or changed, the budget exact, every
orphan taken up within a lease and a heartbeat (times in which the database took no writes do not count), no write
accepted of a trainer whose trial another had, no trainer dead that was not killed. Exit status 1 where one is violated.
"""

import contextlib
import dataclasses
import functools
import random
import re
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from absl import app, flags, logging
from fleet import log
from fleet.budget import Budget
from fleet.crew import Crew
from fleet.faults import Fault, Faults, drop_connections, hold_write_lock, restart
from fleet.outages import Outages
from fleet.postgres import PrivatePostgres
from fleet.service import Service
from fleet.trainer import UNDER_WAY, Work
from fleet.verdict import Run, orphans_of, violations

from model_search.study import Goal, Objective, StudyConfig, TrialState
from model_search.trial_store.open import open_store

SECONDS = flags.DEFINE_float("seconds", 300, "How long faults happen.", lower_bound=1)
TRAINERS = flags.DEFINE_integer("trainers", 100, "Trainer processes.", lower_bound=2)
TRIAL_STORE = flags.DEFINE_string("trial_store", "postgresql", "sqlite, postgresql, service, or a URL.")
SEED = flags.DEFINE_integer("seed", 0, "Of what happens when.")
LEASE = flags.DEFINE_float("lease_seconds", 10, "Of each claim.", lower_bound=1)
TRIAL_SECONDS = flags.DEFINE_float("trial_seconds", 2, "Mean length of a trial.", lower_bound=0)
SLACK = flags.DEFINE_float("slack_seconds", 0, "Added to a lease and a heartbeat, on a machine with much other load.")
PACE = flags.DEFINE_float("pace", 1, "How often faults happen, times the usual.", lower_bound=0.01)
END_SECONDS = 180.0


@contextlib.contextmanager
def database(folder: Path) -> Iterator[tuple[str, list[Fault]]]:
    """The URL for trainers, and faults of what is behind it."""
    kind = TRIAL_STORE.value
    if kind == "sqlite":
        path = folder / "trials.db"
        held = Fault("write lock held", 15, lambda chance: hold_write_lock(path, chance.uniform(0.2, 2)))
        yield f"sqlite:///{path}", [held]
    elif kind == "postgresql":
        with PrivatePostgres(folder / "postgres") as server:
            yield server.url, faults_of(server)
    elif kind == "service":
        with PrivatePostgres(folder / "postgres") as server, Service(server.url, folder / "service.log") as service:
            yield service.url, [*faults_of(server), *faults_of_service(service)]
    else:
        yield kind, []


def faults_of_service(service: Service) -> list[Fault]:
    return [
        Fault("service restarted", 50, lambda chance: service.restart(signal.SIGTERM)),
        Fault("service killed", 50, lambda chance: service.restart(signal.SIGKILL)),
        Fault("connections to the service cut", 8, lambda chance: service.cut(chance.uniform(0.05, 0.5))),
    ]


def faults_of(server: PrivatePostgres) -> list[Fault]:
    cut = functools.partial(drop_connections, server.url)
    return [
        Fault("database restarted", 45, lambda chance: restart(server, "fast")),
        Fault("database crashed", 60, lambda chance: restart(server, "immediate")),
        Fault("connections dropped", 8, lambda chance: cut(chance.uniform(0.05, 0.5))),
    ]


def trainer_faults(crew: Crew) -> list[Fault]:
    def stop(chance: random.Random) -> int:
        return crew.stop(chance, chance.uniform(0.3, 2.5) * LEASE.value)

    # Of a hundred trainers one is killed every 0.6 s, and one stopped every 0.9 s.
    return [
        Fault("trainers killed", 60 / TRAINERS.value, crew.kill),
        Fault("trainers stopped", 90 / TRAINERS.value, stop),
    ]


def finish(crew: Crew, work: Work) -> int:
    """Lets the trainers use up the budget; how many have not ended in time."""
    crew.wake_all()
    work.closing.touch()
    deadline = time.monotonic() + END_SECONDS + LEASE.value
    while left := crew.collect():
        if time.monotonic() > deadline:
            crew.kill_all()
            return left
        time.sleep(0.1)
    return 0


def report(run: Run, faults: Counter[str], budget: Budget, memory: list[int], ready: list[float]) -> None:
    """Prints what happened."""
    orphans, _ = orphans_of(run)
    events = Counter(event.what for event in run.events)
    states = Counter(trial.state for trial in run.trials)
    woken = sum(1 for loss in run.losses if LEASE.value < loss.until - loss.at < float("inf"))
    print(f"faults: {', '.join(f'{count} {name}' for name, count in sorted(faults.items()))}")
    print(f"zombies woken after their lease: {woken}; writes refused: {events['refused']}")
    print(f"trials: {run.budget}, {', '.join(f'{states[state]} {state.value}' for state in TrialState)}")
    print(f"acknowledged: {', '.join(f'{count} {what}' for what, count in sorted(events.items()))}")
    print(f"budget used up and extended: {budget.met} times")
    outages = [end - begin for begin, end in run.outages]
    print(
        f"database without writes: {sum(outages):.1f} s in {len(outages)} outages,"
        f" the longest {max(outages, default=0):.1f} s"
    )
    if orphans.seconds:
        print(
            f"orphans taken up: {len(orphans.seconds)}, after {statistics.median(orphans.seconds):.1f} s (median),"
            f" {max(orphans.seconds):.1f} s (longest), {run.patience:.1f} s allowed;"
            f" {orphans.given_up} given up after their last attempt, {orphans.unseen} unseen"
        )
    if memory and ready:
        print(
            f"memory of a trainer: {statistics.median(memory) / 1e6:.0f} MB (median, its share of what is shared);"
            f" ready after {statistics.median(ready):.2f} s (median)"
        )


def study_config() -> StudyConfig:
    objective = Objective("accuracy", Goal.MAXIMIZE)
    return StudyConfig("chaos", f"seed {SEED.value}", "", "", objective, 0, 5 * TRAINERS.value)


# gRPC's own notes on connections that were closed, which are no errors of a trainer: I or W, date and time.
NOTE = re.compile(r"[IW]\d{4} \d\d:")


def last_lines(folder: Path) -> Iterator[str]:
    for path in folder.glob("*.err"):
        if lines := [line for line in path.read_text().splitlines() if line.strip() and not NOTE.match(line)]:
            yield f"{path.stem}: {lines[-1]}"


def main(_: list[str]) -> None:
    logging.set_verbosity(logging.ERROR)  # that one waits for the database is no violation
    with tempfile.TemporaryDirectory() as name, database(Path(name)) as (url, server_faults):
        folder = Path(name) / "logs"
        folder.mkdir()
        config = study_config()
        store = open_store(url)
        store.outlast(threading.Event())
        study = store.open_study(config)
        if any(store.counts(study.id).values()):
            raise SystemExit(f"--trial_store={TRIAL_STORE.value} has this study already; give an empty database")
        work = Work(url, study.id, folder, LEASE.value, TRIAL_SECONDS.value)
        crew = Crew(work, TRAINERS.value)
        faults = [dataclasses.replace(fault, mean_seconds=fault.mean_seconds / PACE.value)
                  for fault in (*trainer_faults(crew), *server_faults)]  # fmt: skip
        memory: list[int] = []
        with Outages(store, study.id) as outages, crew:
            with Budget(store, config, 5 * TRAINERS.value) as budget, Faults(faults, SEED.value) as happened:
                begin = time.monotonic()
                while time.monotonic() < begin + SECONDS.value:
                    crew.fill()
                    if not memory and time.monotonic() > begin + SECONDS.value / 2:
                        memory = crew.memory()
                    time.sleep(0.1)
            left = finish(crew, work)
        events = list(log.read(folder))
        trials = store.trials(study.id)
        run = Run(events, trials, budget.trials, crew.losses, outages.seen, crew.exits, LEASE.value, SLACK.value)
        ready = [event.ended - crew.started[event.trainer] for event in events if event.what == "ready"]
        report(run, happened.counts, budget, memory, ready)
        counts = store.counts(study.id)
        wrong = [*happened.errors, *(f"the budget was exceeded: {count} trials" for count in budget.exceeded)]
        wrong += [f"{left} trainers did not end"] * bool(left) + violations(run) + list(last_lines(folder))
        wrong += ["counters differ from states"] * (
            counts != {state: sum(trial.state is state for trial in run.trials) for state in TrialState}
            or any(counts[state] for state in UNDER_WAY)
        )
        store.close()
    for line in wrong[:40]:
        print(f"VIOLATION: {line}")
    print(f"{len(wrong)} violations")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    app.run(main)
