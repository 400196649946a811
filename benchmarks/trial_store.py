"""What trial databases do per second for 1, 8 and 64 trainers, and what a claim costs as the study grows; also Optuna.

    python benchmarks/trial_store.py [--backends=sqlite,postgresql,...] [--mariadb=mysql+pymysql://root@127.0.0.1/mysql]

Model Search and Optuna do the same on the same server, one after the other, in rounds: each trainer claims four new
trials, sends sixteen heartbeats of them, completes them; each of the three ends when the last trainer has done it. A
claim of Optuna's is a new trial and its first heartbeat; a completion sets what else a trial of ours tells (loss,
metrics, parameters, seconds, model) as one user attribute, then its state and value.

`postgresql` is a private server in a temporary folder, `mariadb` a new database at --mariadb. `grpc-sqlite`,
`grpc-postgresql` and `grpc-mariadb` put `model_search serve` and Optuna's gRPC proxy in front. Trainers are processes.
Optuna's proxy has no heartbeats.
"""

import contextlib
import multiprocessing
import os
import queue
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import numpy as np
from absl import app, flags, logging
from fleet.contestants import Contestant, Optunas, Ours
from fleet.postgres import PrivatePostgres, free_port
from rich.console import Console
from rich.table import Table
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

BACKENDS = flags.DEFINE_list("backends", ["sqlite", "postgresql", "grpc-postgresql"], "See above.")
MARIADB = flags.DEFINE_string("mariadb", "mysql+pymysql://root@127.0.0.1/mysql", "A MariaDB server.")
TRAINERS = flags.DEFINE_list("trainers", ["1", "8", "64"], "Numbers of trainers.")
SIZES = flags.DEFINE_list("sizes", ["100", "10000", "100000"], "Trials in the study when claims are timed.")
ROUNDS = flags.DEFINE_integer("rounds", 5, "Of claims, heartbeats and completions.", lower_bound=1)
CLAIMS = flags.DEFINE_integer("claims", 200, "Claims that are timed.", lower_bound=1)
PHASES = ("claims", "heartbeats", "completions")
# Trials that a trainer has at a time, and heartbeats of each: no more are under way than a fleet has.
HELD, BEATS = 4, 4


def trainer(contestant: Contestant, rounds: int, barrier: Barrier, times: Any) -> None:
    """One trainer: in each round claims its trials, sends heartbeats of them, completes them; all trainers together.

    The first to pass the barrier notes the time.
    """
    contestant.open()
    warm_up(contestant)
    moments = []
    for _ in range(rounds):
        barrier.wait()
        moments.append(time.perf_counter())
        claims = [contestant.claim() for _ in range(HELD)]
        barrier.wait()
        moments.append(time.perf_counter())
        if contestant.has_heartbeats:
            for claim in claims * BEATS:
                contestant.heartbeat(claim)
        barrier.wait()
        moments.append(time.perf_counter())
        for claim in claims:
            contestant.complete(claim)
        barrier.wait()
        moments.append(time.perf_counter())
    times.put(moments)


def warm_up(contestant: Contestant) -> None:
    """Does everything once: statements are compiled the first time."""
    claim = contestant.claim()
    if contestant.has_heartbeats:
        contestant.heartbeat(claim)
    contestant.complete(claim)


def throughput(contestant: Contestant, trainers: int) -> list[float]:
    """Claims, heartbeats and completions per second, all trainers together."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["fleet.contestants", "optuna", "psycopg", "pymysql", "grpc", "__main__"])
    barrier, times = context.Barrier(trainers), context.Queue()
    unopened = type(contestant)(contestant.url, contestant.study)
    workers = [context.Process(target=trainer, args=(unopened, ROUNDS.value, barrier, times)) for _ in range(trainers)]
    for worker in workers:
        worker.start()
    moments = np.array([noted(times, workers) for _ in workers]).reshape(trainers, ROUNDS.value, 1 + len(PHASES))
    for worker in workers:
        worker.join()
    seconds = np.diff(moments.min(axis=0)).sum(axis=0)
    done = np.array([HELD, HELD * BEATS * contestant.has_heartbeats, HELD]) * ROUNDS.value * trainers
    return (done / seconds).tolist()


def noted(times: Any, workers: list[Any]) -> list[float]:
    """What the next trainer that is ready has noted.

    Raises:
      SystemExit: one has died, and the others wait for it.
    """
    while True:
        with contextlib.suppress(queue.Empty):
            moments: list[float] = times.get(timeout=1)
            return moments
        if any(worker.exitcode for worker in workers):
            for worker in workers:
                worker.kill()
            raise SystemExit("a trainer has died")


def claim_milliseconds(contestant: Contestant) -> float:
    """Median wall time of one claim; each is completed before the next."""
    taken = []
    for _ in range(CLAIMS.value):
        begin = time.perf_counter()
        claim = contestant.claim()
        taken.append(time.perf_counter() - begin)
        contestant.complete(claim)
    return 1000 * statistics.median(taken)


@contextlib.contextmanager
def served(command: list[str], ready: str) -> Iterator[None]:
    """A server process that says when it is ready."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        while ready not in (line := process.stdout.readline()):
            if not line:
                raise SystemExit(f"{command} did not start")
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


OPTUNA_PROXY = """
import sys, optuna
print("ready", flush=True)
optuna.storages.run_grpc_proxy_server(optuna.storages.RDBStorage(sys.argv[1]), host="127.0.0.1", port=int(sys.argv[2]))
"""


@contextlib.contextmanager
def backend(name: str, folder: Path) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    """For us and for Optuna: the URL, and that of the SQL database behind it."""
    if name.startswith("grpc-"):
        with backend(name.removeprefix("grpc-"), folder) as ((ours, _), (theirs, _)):
            port, their_port = free_port(), free_port()
            serve = [sys.executable, "-P", "-m", "model_search.trainers.main", "serve", f"--trial_store={ours}",
                     f"--port={port}", "--max_calls_per_second=100000"]  # fmt: skip
            proxy = [sys.executable, "-u", "-W", "ignore", "-c", OPTUNA_PROXY, theirs, str(their_port)]
            with served(serve, "serving at"), served(proxy, "ready"):
                yield (f"grpc://127.0.0.1:{port}", ours), (f"grpc://127.0.0.1:{their_port}", theirs)
    elif name == "sqlite":
        # A file each: they share no tables, but a write lock.
        ours, theirs = (f"sqlite:///{folder}/{whose}.db" for whose in ("ours", "optuna"))
        yield (ours, ours), (theirs, theirs)
    elif name == "mariadb":
        with new_database(MARIADB.value) as url:
            yield (url, url), (url, url)
    elif name == "postgresql":
        with PrivatePostgres(folder / name) as server:
            yield (server.url, server.url), (server.url, server.url)
    else:
        raise app.UsageError(f"--backends={name} is none")


@contextlib.contextmanager
def new_database(server: str) -> Iterator[str]:
    """URL of a database on a server, dropped at the end."""
    name = f"model_search_benchmark_{os.getpid()}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name}"))


def measure(name: str, speeds: Table, costs: Table) -> None:
    """Adds a backend's rows to both tables."""
    with tempfile.TemporaryDirectory() as folder, backend(name, Path(folder)) as (ours, theirs):
        for count in map(int, TRAINERS.value):
            rates = []
            for kind, (url, _) in ((Ours, ours), (Optunas, theirs)):
                contestant = kind(url, f"{count} trainers")
                contestant.open()
                rates.append(throughput(contestant, count))
            ratios = [f"{mine / other:.1f}" if other else "-" for mine, other in zip(*rates, strict=True)]
            cells = [f"{mine:,.0f} / {other:,.0f} = {ratio}" for mine, other, ratio in zip(*rates, ratios, strict=True)]
            speeds.add_row(name, str(count), *cells)
        for kind, (url, behind) in ((Ours, ours), (Optunas, theirs)):
            times = []
            for size in map(int, SIZES.value):  # each in a study of its own
                contestant = kind(url, f"{size} trials")
                contestant.open()
                contestant.grow(behind, size)
                times.append(claim_milliseconds(contestant))
            whose = "Model Search" if kind is Ours else "Optuna"
            costs.add_row(name, whose, *(f"{cost:.2f}" for cost in times), f"{times[-1] / times[0]:.1f}")


def main(_: list[str]) -> None:
    logging.set_verbosity(logging.WARNING)
    os.environ["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    speeds = Table("backend", "trainers", *PHASES, title="per second: Model Search / Optuna = ratio")
    sizes = [f"{int(size):,} trials" for size in SIZES.value]
    costs = Table("backend", "whose", *sizes, "last / first", title="milliseconds of a claim, median")
    for name in BACKENDS.value:
        measure(name, speeds, costs)
        print(f"{name} measured", flush=True)
    console = Console(width=140)
    console.print(speeds)
    console.print(costs)


if __name__ == "__main__":
    app.run(main)
