"""Milliseconds to propose a trial with so many trials in the database, for every search type.

    python -m benchmarks.search.suggest_seconds [--sizes=100,10000,100000] [--only=GUIDED_MUTATION]

The database is a SQLite file with completed trials of random towers of up to twelve blocks. The first proposal of a
trainer reads what it needs; later ones fetch what is new. Processor time of this process, the database's included.
"""

import os
import statistics
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from absl import app, flags, logging
from sqlalchemy import create_engine, insert, update

from benchmarks.search.space import PLATES, VECTORS, table_spec
from model_search.algorithms.table import SEARCH_TYPES
from model_search.controller import Controller
from model_search.plugins import load_plugins
from model_search.proto.search_spec_pb2 import SearchType
from model_search.spec import SearchSpec, complete, validate
from model_search.spec.cells import is_constrained
from model_search.spec.towers import tower
from model_search.study import Goal, Objective, Result, Study, StudyConfig, Suggestion
from model_search.trial_store.contract import TrialStore
from model_search.trial_store.history import StoreHistory
from model_search.trial_store.open import open_store
from model_search.trial_store.sql import tables
from model_search.trial_store.sql.encoding import result_values, suggestion_values

SIZES = flags.DEFINE_list("sizes", ["100", "10000", "100000"], "Numbers of trials.")
ONLY = flags.DEFINE_list("only", [], "Search types; by default all.")
LATER = 5


def spec_of(search_type: int) -> SearchSpec:
    """Towers of up to twelve blocks; four for those of a fixed depth."""
    spec = table_spec(
        search_type=search_type, minimum_depth=4, maximum_depth=12, beam_size=5, increase_complexity_minimum_trials=[0]
    )
    if search_type == SearchType.ADAPTIVE_COORDINATE_DESCENT_GENETIC:
        spec.mutate_probability, spec.crossover_probability = 0.4, 0.3
    if search_type == SearchType.CONSTRAINED_ADAPTIVE_COORDINATE_DESCENT:
        spec.blocks_to_use.remove(spec.reduction_block_type)
    validate(spec)
    return complete(spec)


def fill(url: str, study: Study, spec: SearchSpec, size: int) -> None:
    """Completed trials, written past the store, which would take minutes."""
    rng = np.random.default_rng(0)
    names = [name for name in (*PLATES, *VECTORS) if name in spec.blocks_to_use]
    common = {"study_id": study.id, "state": "COMPLETED", "attempt": 1, "trainer": "t", "error": "", "token": "x"}
    engine = create_engine(url)
    with engine.begin() as connection:
        rows = []
        for number in range(1, size + 1):
            blocks = tower(spec, rng.choice(names, rng.integers(4, 13)).tolist())
            suggestion = Suggestion(blocks, {"learning_rate": 1 / (number + 1), "optimizer": "adam"})
            value = float(rng.random())
            result = Result(value, 1 - value, {"accuracy": value}, 1000, 1.0, "")
            values = suggestion_values(suggestion) | result_values(result, study.config.objective)
            rows.append(common | {"number": number, "revision": number} | values)
        for start in range(0, size, 10_000):
            connection.execute(insert(tables.trials), rows[start : start + 10_000])
        connection.execute(
            update(tables.studies).where(tables.studies.c.id == study.id).values(completed=size, revision=size)
        )
    engine.dispose()


def milliseconds(store: TrialStore, study: Study, spec: SearchSpec, size: int) -> tuple[float, float]:
    """Processor time of a trainer's first proposal, and the median of its later ones."""
    history, controller, taken = StoreHistory(store, study), Controller(spec, 0, 100), []
    for number in range(size + 1, size + 2 + LATER):
        begin = time.process_time()
        controller.suggest(number, history)
        taken.append(1000 * (time.process_time() - begin))
    return taken[0], statistics.median(taken[1:])


def filled(folder: Path, spec: SearchSpec, size: int) -> tuple[TrialStore, Study]:
    """A database of so many trials; one for each kind of towers, since nothing is written to it later."""
    path = folder / f"{size}-{'cells' if is_constrained(spec) else 'towers'}.db"
    is_new = not path.exists()
    store = open_store(f"sqlite:///{path}")
    objective = Objective("accuracy", Goal.MAXIMIZE)
    study = store.open_study(StudyConfig("benchmark", "search", "", "", objective, 0, 10**7))
    if is_new:
        fill(f"sqlite:///{path}", study, spec, size)
    return store, study


def main(_: list[str]) -> None:
    logging.set_verbosity(logging.WARNING)
    load_plugins()
    sizes = [int(size) for size in SIZES.value]
    print("| Search type | " + " | ".join(f"{size:,}: first | later" for size in sizes) + " |")
    print("|---|" + "---:|---:|" * len(sizes))
    with tempfile.TemporaryDirectory() as folder:
        for search_type in map(SearchType.Value, ONLY.value) if ONLY.value else SEARCH_TYPES:
            spec, cells = spec_of(search_type), []
            for size in sizes:
                store, study = filled(Path(folder), spec, size)
                cells += [f"{value:.0f}" for value in milliseconds(store, study, spec, size)]
                store.close()
            print(f"| {SearchType.Name(search_type)} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    app.run(main)
