"""Trains every architecture of the space, three times, and writes what came out: a table to compare searches on.

    python -m benchmarks.search.build --table=digits
    python -m benchmarks.search.build --table=spoken_digits --archive=PATH/fsdd_wav.tar.gz

Run again after an interruption it goes on where it stopped: finished architectures are in a `.csv` beside the table,
which is compressed and removed when all are there. One thread; several tables may be built at once.
"""

import csv
import gzip
import multiprocessing
import os
import time
from functools import cache, partial
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import tensorflow as tf
from absl import app, flags

from benchmarks.search.data import DATA, Data
from benchmarks.search.space import architectures
from benchmarks.search.tables import COLUMNS, TABLES, Run
from benchmarks.search.training import Trainer
from model_search.architecture import Architecture
from model_search.plugins import load_plugins

TABLE = flags.DEFINE_enum("table", None, sorted(DATA), "Which table to build.", required=True)
ARCHIVE = flags.DEFINE_string("archive", "", "Archive of the spoken digits.")
FOLDER = flags.DEFINE_string("folder", str(TABLES), "Where the table is written.")

SEEDS = 3
ARCHITECTURES_PER_PROCESS = 150


@cache
def data_of(table: str, archive: str) -> Data:
    """The table's data, read once in each process, which then trains with one thread."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    load_plugins()
    return DATA[table](archive)


def runs_of(architecture: Architecture, table: str, archive: str) -> list[Run]:
    """The trainings of one architecture."""
    trainer, runs = Trainer(architecture, data_of(table, archive), range(SEEDS)), []
    for seed in range(SEEDS):
        begin = time.perf_counter()
        validation, test = trainer.run(seed)
        seconds = time.perf_counter() - begin
        runs.append(Run(architecture, seed, validation, test, trainer.parameters, seconds))
    keras.utils.clear_session()
    return runs


def build(path: Path, table: str, archive: str) -> None:
    """Appends what is missing to a CSV file, an architecture at a time."""
    if not path.exists():
        path.write_text(",".join(COLUMNS) + "\n")
    with path.open(newline="") as file:
        done = {row["architecture"] for row in csv.DictReader(file)}
    missing = [architecture for architecture in architectures() if str(architecture) not in done]
    # A process that has traced hundreds of networks takes twice as long for the next one: it is replaced before.
    context = multiprocessing.get_context("spawn")
    with context.Pool(1, maxtasksperchild=ARCHITECTURES_PER_PROCESS) as pool:
        found = pool.imap(partial(runs_of, table=table, archive=archive), missing)
        with path.open("a", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            for count, runs in enumerate(found, 1):
                writer.writerows([run.row() for run in runs])
                file.flush()
                if count % 50 == 0:
                    print(f"{count} of {len(missing)}", flush=True)


def main(_: list[str]) -> None:
    load_plugins()
    folder = Path(FOLDER.value)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{TABLE.value}.csv"
    if path.with_suffix(".csv.gz").exists():
        raise app.UsageError(f"{path}.gz is there; remove it to build the table again")
    build(path, TABLE.value, ARCHIVE.value)
    path.with_suffix(".csv.gz").write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))
    path.unlink()


if __name__ == "__main__":
    app.run(main)
