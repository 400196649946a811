"""All strategies on the tables: what each holds for best after so many trials, and how much faster than random search.

    python -m benchmarks.search.compare [--repetitions=200] [--trials=200] [--trainers=1,8,64] [--only=GUIDED_MUTATION]

A strategy sees one training of each architecture and is judged by the mean over seeds of the one it holds for best.
Its speed-up over random search at n trials is n / (trials to match random search's mean level at n); random search
takes any architecture of the table that was not trained yet. Results are kept in --folder, and what is there is not
run again; the report and a plot of each table are written from all that is there.
"""

import json
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from absl import app, flags

from benchmarks.search.report import write_report
from benchmarks.search.results import Result, path_of, quartiles
from benchmarks.search.simulate import Curves, looked_up, search
from benchmarks.search.strategies_on_tables import strategies
from benchmarks.search.tables import TABLES, Table, load
from model_search.plugins import load_plugins

REPETITIONS = flags.DEFINE_integer("repetitions", 200, "Searches of each strategy.", lower_bound=2)
TRIALS = flags.DEFINE_integer("trials", 200, "Trials of a search.", lower_bound=10)
TRAINERS = flags.DEFINE_list("trainers", ["1", "8", "64"], "Numbers of trainers that work side by side.")
TABLE = flags.DEFINE_list("table", ["digits", "spoken_digits"], "Tables.")
ONLY = flags.DEFINE_list("only", [], "Strategies; all where empty.")
FOLDER = flags.DEFINE_string("folder", str(Path(__file__).parent / "results"), "Where results are kept.")
PROCESSES = flags.DEFINE_integer("processes", os.cpu_count() or 1, "Searches at a time.", lower_bound=1)


@cache
def table_of(name: str) -> Table:
    """A table, read once in each process; the blocks are known from then on."""
    load_plugins()
    return load(TABLES / f"{name}.csv.gz")


def one(table: str, strategy: str, trials: int, trainers: int, seed: int) -> Curves:
    """One search, in a process of the pool."""
    found = table_of(table)
    return search(strategies(found)[strategy](seed), looked_up(found, seed), trials, trainers, seed)


def jobs() -> Iterator[tuple[str, str, int]]:
    """Tables, strategies and numbers of trainers."""
    for table in TABLE.value:
        for trainers in map(int, TRAINERS.value):
            for strategy in ONLY.value or strategies(table_of(table)):
                yield table, strategy, trainers


def main(_: list[str]) -> None:
    folder = Path(FOLDER.value)
    folder.mkdir(parents=True, exist_ok=True)
    seeds = range(REPETITIONS.value)
    with ProcessPoolExecutor(PROCESSES.value) as pool:
        for table, strategy, trainers in jobs():
            path = path_of(folder, table, strategy, trainers)
            if path.exists() and json.loads(path.read_text())["repetitions"] >= REPETITIONS.value:
                continue
            futures = [pool.submit(one, table, strategy, TRIALS.value, trainers, seed) for seed in seeds]
            curves = [future.result() for future in futures]
            result = Result(
                table, strategy, trainers, REPETITIONS.value,
                quartiles([curve.validation for curve in curves]),
                np.mean([curve.validation for curve in curves], 0).tolist(),
                np.mean([curve.test for curve in curves], 0).tolist(),
                float(np.mean([curve.distinct for curve in curves])),
            )  # fmt: skip
            path.write_text(json.dumps(vars(result)))
            print(f"{table} {strategy} {trainers}: {result.mean[-1]:.4f}", flush=True)
    write_report(folder, {name: table_of(name) for name in TABLE.value})


if __name__ == "__main__":
    app.run(main)
