"""How many trials the SQLite trial database hands out and takes back, and what a question costs as it grows.

`python benchmarks/trial_store.py` prints two tables in about a minute. `--url` takes another, empty database.
"""

import argparse
import itertools
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable

from rich.console import Console
from rich.table import Table
from sqlalchemy import create_engine, insert, update

from model_search.architecture import Architecture
from model_search.study import Goal, Objective, Result, Study, StudyConfig, Suggestion, TrialState
from model_search.trial_store.contract import TrialStore
from model_search.trial_store.open import open_store
from model_search.trial_store.sql import tables
from model_search.trial_store.sql.encoding import result_values, suggestion_values

LEASE = 600.0
SIZES = (100, 10_000, 100_000)


def open_study(store: TrialStore, name: str) -> Study:
    objective = Objective("accuracy", Goal.MAXIMIZE)
    return store.open_study(StudyConfig("benchmark", name, "", "", objective, 0, 10_000_000))


def suggestion(number: int) -> Suggestion:
    blocks = [f"BLOCK_{number // 7**place % 7}" for place in range(6)]
    return Suggestion(Architecture.of(blocks), {"learning_rate": 1 / number, "optimizer": "adam"}, parents=(1,))


def result(number: int) -> Result:
    accuracy = number * 7919 % 10_007 / 10_007
    return Result(accuracy, 1 - accuracy, {"accuracy": accuracy, "loss": 1 - accuracy}, 50_000, 1.0, f"trials/{number}")


def run_trials(url: str, study_id: int, count: int, barrier: "multiprocessing.synchronize.Barrier") -> None:
    """One trainer: claims all its trials, then suggests and completes them; the barrier divides the two."""
    store = open_store(url)
    barrier.wait()
    claims = [store.claim(study_id, "t", LEASE) for _ in range(count)]
    barrier.wait()
    for claim in claims:
        assert claim is not None
        store.suggest(claim, suggestion(claim.number))
    barrier.wait()
    for claim in claims:
        assert claim is not None
        store.complete(claim, result(claim.number))
    barrier.wait()


def throughput(url: str, processes: int, trials: int) -> list[float]:
    """Claims, suggestions and completions per second, all processes together."""
    study = open_study(open_store(url), f"{processes} processes")
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(processes + 1)
    arguments = (url, study.id, trials // processes, barrier)
    workers = [context.Process(target=run_trials, args=arguments) for _ in range(processes)]
    for worker in workers:
        worker.start()
    moments = []
    for _ in range(4):
        barrier.wait()
        moments.append(time.perf_counter())
    for worker in workers:
        worker.join()
    return [trials / (after - before) for before, after in itertools.pairwise(moments)]


def grow(url: str, study: Study, size: int) -> None:
    """Writes completed trials as trainers would have left them, past the store, which would take minutes."""
    running = {"study_id": study.id, "state": "COMPLETED", "attempt": 1, "trainer": "t", "error": "", "token": "x"}
    engine = create_engine(url)
    with engine.begin() as connection:
        for chunk in range(1, size + 1, 10_000):
            rows = [
                running
                | {"number": number, "revision": number}
                | suggestion_values(suggestion(number))
                | result_values(result(number), study.config.objective)
                for number in range(chunk, min(chunk + 10_000, size + 1))
            ]
            connection.execute(insert(tables.trials), rows)
        connection.execute(
            update(tables.studies).where(tables.studies.c.id == study.id).values(completed=size, revision=size)
        )
    engine.dispose()


def milliseconds(work: Callable[[], object], times: int = 200) -> float:
    """Median wall time of one call."""
    taken = []
    for _ in range(times):
        begin = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begin)
    return 1000 * statistics.median(taken)


def latencies(store: TrialStore, study: Study) -> list[float]:
    """What each question costs now, in milliseconds."""

    def claim_and_release() -> None:
        claim = store.claim(study.id, "t", LEASE)
        assert claim is not None
        store.release(claim)

    newest = max(trial.revision for trial in store.best(study.id, 1000))
    return [
        milliseconds(claim_and_release),
        milliseconds(lambda: store.best(study.id, 10)),
        milliseconds(lambda: store.counts(study.id)),
        milliseconds(lambda: store.has_failed(study.id, ["BLOCK_0"] * 6)),
        milliseconds(lambda: store.trials(study.id, [TrialState.COMPLETED], since=newest - 1)),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", help="SQLAlchemy URL; by default a SQLite file in a temporary folder")
    parser.add_argument("--trials", type=int, default=1600, help="trials for the first table")
    arguments = parser.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory() as folder:
        url = arguments.url or f"sqlite:///{folder}/trials.db"
        speeds = Table("processes", "claims/s", "suggestions/s", "completions/s", title=f"{arguments.trials} trials")
        for processes in (1, 8):
            speeds.add_row(str(processes), *(f"{rate:,.0f}" for rate in throughput(url, processes, arguments.trials)))
        console.print(speeds)
        costs = Table(
            "trials",
            "claim + release",
            "best(10)",
            "counts",
            "has_failed",
            "newest since",
            title="milliseconds, median",
        )
        store = open_store(url)
        for size in SIZES:  # each in a study of its own
            study = open_study(store, f"{size} trials")
            grow(url, study, size)
            costs.add_row(f"{size:,}", *(f"{cost:.2f}" for cost in latencies(store, study)))
        console.print(costs)
        store.close()


if __name__ == "__main__":
    main()
