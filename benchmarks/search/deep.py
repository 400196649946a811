"""A deep space with real training: spoken digits as plates, convolutions of several families, up to twelve blocks.

    python -m benchmarks.search.deep --archive=PATH/fsdd_wav.tar.gz [--trials=60] [--seeds=3] [--only=random]

Shallow tables flatter random search. Here each strategy trains what it proposes, as the tables' builder does; a search
is judged by validation and test accuracy of the network with the best validation accuracy so far. Trainings are kept in
a file beside the results, so that an interrupted comparison goes on.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import keras
import numpy as np
import tensorflow as tf
from absl import app, flags

from benchmarks.search.data import Data, spoken_digits
from benchmarks.search.simulate import Curves, Scores, Strategy, TableHistory, search
from benchmarks.search.space import TURN
from benchmarks.search.training import Trainer
from model_search.algorithms.edits import searched_blocks
from model_search.algorithms.table import algorithm_named
from model_search.architecture import Architecture
from model_search.plugins import load_plugins
from model_search.proto.search_spec_pb2 import ProblemType, SearchType
from model_search.spec import SearchSpec, complete
from model_search.spec.towers import tower

ARCHIVE = flags.DEFINE_string("archive", None, "Archive of the spoken digits.", required=True)
TRIALS = flags.DEFINE_integer("trials", 60, "Trials of a search.", lower_bound=5)
SEEDS = flags.DEFINE_integer("seeds", 3, "Searches of each strategy.", lower_bound=1)
ONLY = flags.DEFINE_list("only", [], "Strategies; all where empty.")
FOLDER = flags.DEFINE_string("folder", str(Path(__file__).parent / "results"), "Where results are kept.")

DEPTH = 12
BLOCKS = (
    "FIXED_CHANNEL_CONVOLUTION_16",
    "CONVOLUTION_3X3",
    "CONVOLUTION_1X3",
    "CONVOLUTION_3X1",
    "DILATED_CONVOLUTION_2",
    "DOWNSAMPLE_CONVOLUTION_3X3",
    "RESNET_3X3",
    "SEPARABLE_CONVOLUTION_3X3",
    "INVERTED_RESIDUAL_3X3_3",
    "INCEPTION_MODULE",
    "SQUEEZE_EXCITE_4",
    "MAX_POOLING_2X2",
    "AVERAGE_POOL_2X2",
)


def deep_spec(search_type: int) -> SearchSpec:
    """The space with the settings of the bundled `cnn` spec."""
    return complete(
        SearchSpec(
            problem_type=ProblemType.CNN,
            search_type=search_type,
            minimum_depth=3,
            maximum_depth=DEPTH,
            blocks_to_use=[*BLOCKS, TURN],
            beam_size=3 if search_type == SearchType.ADAPTIVE_COORDINATE_DESCENT else 5,
            increase_complexity_probability=0.7 if search_type == SearchType.ADAPTIVE_COORDINATE_DESCENT else 1.0,
            increase_complexity_minimum_trials=[0, 0, 0, 0, 0, 2, 4, 8, 12, 16],
        )
    )


def strategies() -> dict[str, Strategy]:
    """By name."""

    def ours(search_type: int) -> Strategy:
        spec = deep_spec(search_type)
        algorithm = algorithm_named(search_type, 100)

        def suggest(history: TableHistory, rng: np.random.Generator) -> tuple[Architecture, tuple[int, ...]]:
            proposal = algorithm(spec, history, rng)
            return proposal.architecture, proposal.parents

        return suggest

    def random(_: TableHistory, rng: np.random.Generator) -> tuple[Architecture, tuple[int, ...]]:
        spec = deep_spec(SearchType.NONADAPTIVE_RANDOM_SEARCH)
        return tower(spec, rng.choice(searched_blocks(spec), rng.integers(spec.minimum_depth, DEPTH + 1)).tolist()), ()

    names = (SearchType.ADAPTIVE_COORDINATE_DESCENT, SearchType.REGULARIZED_EVOLUTION, SearchType.GUIDED_MUTATION)
    return {"random": random, **{SearchType.Name(number): ours(number) for number in names}}


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
    found: dict[str, list[Curves]] = {}
    for name, strategy in strategies().items():
        if ONLY.value and name not in ONLY.value:
            continue
        for seed in range(SEEDS.value):
            evaluate = evaluator(data, seed, folder / f"deep-{name.lower()}.jsonl")
            found.setdefault(name, []).append(search(strategy, evaluate, TRIALS.value, 1, seed))
            print(f"{name} {seed}: {found[name][-1].validation[-1]:.4f}", flush=True)
    report(found)


def report(found: dict[str, list[Curves]]) -> None:
    """Prints levels and, where random search is there, speed-ups over it."""
    last = TRIALS.value
    marks = [mark for mark in (last // 4, last // 2, last) if mark]
    print("| Strategy | " + " | ".join(f"{mark} trials" for mark in marks) + " | Test | Speed-up |")
    print("|---|" + "---:|" * (len(marks) + 2))
    means = {name: np.mean([curve.validation for curve in curves], 0) for name, curves in found.items()}
    for name, mean in means.items():
        test = np.mean([curve.test[-1] for curve in found[name]])
        reached = np.nonzero(mean >= means["random"][-1])[0] if "random" in means else []
        gain = f"{last / (int(reached[0]) + 1):.1f}" if len(reached) else "never"
        print(f"| {name} | " + " | ".join(f"{mean[mark - 1]:.4f}" for mark in marks) + f" | {test:.4f} | {gain} |")


if __name__ == "__main__":
    app.run(main)
