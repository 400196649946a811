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
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import tensorflow as tf
from absl import app, flags

from benchmarks.search.data import DATA, Data, Part
from benchmarks.search.space import architectures
from benchmarks.search.tables import COLUMNS, TABLES, Run
from model_search.architecture import Architecture
from model_search.data.encoding import Encoding
from model_search.network.heads import Head
from model_search.network.tower import build_tower
from model_search.plugins import load_plugins

TABLE = flags.DEFINE_enum("table", None, sorted(DATA), "Which table to build.", required=True)
ARCHIVE = flags.DEFINE_string("archive", "", "Archive of the spoken digits.")
FOLDER = flags.DEFINE_string("folder", str(TABLES), "Where the table is written.")

SEEDS = 3
ARCHITECTURES_PER_PROCESS = 150
BATCH, RATE = 16, 4e-3


class Trainer:
    """One compiled network that is trained again from each seed's weights: tracing costs more than a training."""

    def __init__(self, architecture: Architecture, data: Data, seeds: Sequence[int]):
        self._data = data
        encoding = Encoding(data.train.x.shape[1:])
        models = {}
        for seed in seeds:
            keras.utils.set_random_seed(seed)
            models[seed] = build_tower(architecture, {}, encoding, Head(10)).model
        self._starts = {seed: model.get_weights() for seed, model in models.items()}
        self._model = models[seeds[0]]
        self._optimizer = keras.optimizers.Adam(RATE)
        self._optimizer.build(self._model.trainable_variables)
        self._fresh = [variable.numpy() for variable in self._optimizer.variables]
        self._train = self._compiled(tf.constant(data.train.x), tf.constant(data.train.y))
        self._logits = tf.function(lambda x: self._model(x, training=False))

    def _compiled(self, x: tf.Tensor, y: tf.Tensor) -> tf.types.experimental.GenericFunction:
        model, optimizer = self._model, self._optimizer
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

        def step(rows: tf.Tensor) -> None:
            with tf.GradientTape() as tape:
                value = loss(tf.gather(y, rows), model(tf.gather(x, rows), training=True))
            optimizer.apply(tape.gradient(value, model.trainable_variables), model.trainable_variables)

        def body(index: tf.Tensor, order: tf.Tensor) -> tf.Tensor:
            step(order[index])
            return index + 1

        @tf.function(autograph=False)
        def train(order: tf.Tensor) -> None:
            tf.while_loop(lambda i: i < tf.shape(order)[0], lambda i: [body(i, order)], [tf.constant(0)])

        return train

    def run(self, seed: int) -> tuple[float, float]:
        """Trains from a seed's weights, in a seed's order; accuracy of validation and test part."""
        self._model.set_weights(self._starts[seed])
        for variable, value in zip(self._optimizer.variables, self._fresh, strict=True):
            variable.assign(value)
        self._train(tf.constant(_order(len(self._data.train.y), self._data.steps, seed)))
        return self._accuracy(self._data.validation), self._accuracy(self._data.test)

    def _accuracy(self, part: Part) -> float:
        return float((self._logits(part.x).numpy().argmax(1) == part.y).mean())

    @property
    def parameters(self) -> int:
        """Number of weights."""
        return int(self._model.count_params())


def _order(examples: int, steps: int, seed: int) -> np.ndarray:
    """Rows of each batch, (steps, batch): each pass in another order."""
    rng = np.random.default_rng([seed, 1])
    passes = [rng.permutation(examples) for _ in range(-(-steps * BATCH // examples))]
    return np.concatenate(passes)[: steps * BATCH].reshape(steps, BATCH).astype(np.int32)


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
