"""A deep space with real training: spoken digits as plates, convolutions of several families, up to twelve blocks.

    python -m benchmarks.search.deep --archive=PATH/fsdd_wav.tar.gz [--trials=60] [--seeds=3] [--first_seed=0]

Shallow tables flatter random search. Here each strategy trains what it proposes, as the tables' builder does; a search
is judged by validation and test accuracy of the network with the best validation accuracy so far. Trainings are kept in
a file beside the results, so that an interrupted comparison goes on.
"""

import json
import os
from collections.abc import Callable
from itertools import product
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import keras
import tensorflow as tf
from absl import app, flags

from benchmarks.search.data import Data, spoken_digits
from benchmarks.search.deep_report import write_report
from benchmarks.search.deep_space import BLOCKS, DEPTH, LEAST_DEPTH, TRAINED, strategies
from benchmarks.search.simulate import Curves, Scores, search
from benchmarks.search.training import Trainer
from model_search.architecture import Architecture
from model_search.plugins import load_plugins

ARCHIVE = flags.DEFINE_string("archive", None, "Archive of the spoken digits.", required=True)
TRIALS = flags.DEFINE_integer("trials", 60, "Trials of a search.", lower_bound=5)
SEEDS = flags.DEFINE_integer("seeds", 3, "Searches of each strategy.", lower_bound=1)
FIRST_SEED = flags.DEFINE_integer("first_seed", 0, "The seed of the first of them; others follow.", lower_bound=0)
ONLY = flags.DEFINE_list("only", [], "Strategies; those of `deep_space.TRAINED` where empty.")
FOLDER = flags.DEFINE_string("folder", str(Path(__file__).parent / "results"), "Where results are kept.")


def evaluator(data: Data, seed: int, path: Path) -> Callable[[Architecture], Scores]:
    """Trains an architecture from one seed, or reads what it reached before."""
    known: dict[str, list[float]] = {}
    if path.exists():
        known = dict(map(json.loads, path.read_text().splitlines()))

    def evaluate(architecture: Architecture) -> Scores:
        key = f"{seed} {architecture}"
        if key not in known:
            known[key] = list(Trainer(architecture, data, [seed]).run(seed))
            keras.utils.clear_session()
            with path.open("a") as file:
                file.write(json.dumps([key, known[key]]) + "\n")
        validation, test = known[key]
        return Scores(validation, validation, test)

    return evaluate


def main(_: list[str]) -> None:
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    load_plugins()
    folder, data = Path(FOLDER.value), spoken_digits(ARCHIVE.value)
    folder.mkdir(parents=True, exist_ok=True)
    names = ONLY.value or list(TRAINED)
    found: dict[str, list[Curves]] = {name: [] for name in names}
    for seed, name in product(range(FIRST_SEED.value, FIRST_SEED.value + SEEDS.value), names):
        evaluate = evaluator(data, seed, folder / "deep-trainings.jsonl")
        found[name].append(search(strategies()[name](seed), evaluate, TRIALS.value, 1, seed))
        print(f"{name} {seed}: {found[name][-1].validation[-1]:.4f}", flush=True)
    write_report(folder, found, len(BLOCKS), (LEAST_DEPTH, DEPTH))


if __name__ == "__main__":
    app.run(main)
