"""Strategies on a model of the deep space: what it says of a tower stands for training it, so searches may be many.

    python -m benchmarks.search.deep_modelled [--repetitions=100] [--trials=60] [--only=GUIDED_MUTATION] [--noise=0.04]

Extremely randomized trees (Geurts, Ernst and Wehenkel 2006, "Extremely randomized trees", Machine Learning) are fitted
to every training that `deep` has kept, as in Siems and others 2020, "NAS-Bench-301 and the case for surrogate
benchmarks for neural architecture search". A search sees their prediction with the noise of one training, and is judged
by the prediction alone. No prediction is better than the best trainings, so levels are lower than those of `deep`: it
is the order of the strategies that counts. What the trees say of trainings left out is printed and reported.
"""

import json
import os
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from absl import app, flags
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.model_selection import cross_val_predict

from benchmarks.search.deep_space import BLOCKS, strategies
from benchmarks.search.simulate import Curves, Scores, search
from benchmarks.search.space import TURN
from model_search.architecture import Architecture
from model_search.plugins import load_plugins

REPETITIONS = flags.DEFINE_integer("repetitions", 100, "Searches of each strategy.", lower_bound=2)
TRIALS = flags.DEFINE_integer("trials", 60, "Trials of a search.", lower_bound=5)
ONLY = flags.DEFINE_list("only", [], "Strategies beside random search; all where empty.")
NOISE = flags.DEFINE_float("noise", 0.04, "Standard deviation of the accuracy of one training.", lower_bound=0.0)
PROCESSES = flags.DEFINE_integer("processes", os.cpu_count() or 1, "Searches at a time.", lower_bound=1)
FOLDER = flags.DEFINE_string("folder", str(Path(__file__).parent / "results"), "Where trainings and results are kept.")

REDUCTIONS = ("DOWNSAMPLE_CONVOLUTION_3X3", "MAX_POOLING_2X2", "AVERAGE_POOL_2X2")
# Places from the input and from the output whose blocks are told one by one.
FIRST, LAST = 4, 2
FOLDS = 5

HEAD = """# Search strategies on a model of the deep space

`python -m benchmarks.search.deep_modelled`: {repetitions} searches each on extremely randomized trees, fitted to
{count} trainings of the [deep space](deep.md). Of trainings left out ({folds} folds) the trees' predictions have a
correlation of {correlation:.3f} with the accuracy, and a standard deviation of {error:.3f} from it. Means of what the
architecture with the best accuracy seen is predicted to reach, with their standard errors. Speed-up over random search:
trials over those after which the mean is that of random search at the end.

"""


def features(names: list[str]) -> list[float]:
    """Of a tower's blocks: how many, how often each, in the first half too, which at either end, plate and width."""
    half, reductions = names[: len(names) // 2], sum(name in REDUCTIONS for name in names)
    channels, work = 0, 0
    for name in names:
        channels = 4 if name == "FIXED_CHANNEL_CONVOLUTION_16" else channels + (name == "DOWNSAMPLE_CONVOLUTION_3X3")
        work += channels
    ends = [names[place : place + 1] == [block] for place in range(FIRST) for block in BLOCKS]
    ends += [names[-place : len(names) - place + 1] == [block] for place in range(1, LAST + 1) for block in BLOCKS]
    counts = [part.count(block) for part in (names, half) for block in BLOCKS]
    return [float(number) for number in (len(names), reductions, channels, work, *counts, *ends)]


def rows(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Features (towers, features) of the towers trained, and the means of their validation accuracies (towers,)."""
    reached: dict[str, list[float]] = {}
    for key, (validation, _) in map(json.loads, path.read_text().splitlines()):
        reached.setdefault(key.partition(" ")[2], []).append(validation)
    found = [features([name for name in key.split(" > ") if name != TURN]) for key in reached]
    return np.array(found), np.array([np.mean(values) for values in reached.values()])


def trees() -> ExtraTreesRegressor:
    """The model, not fitted yet."""
    return ExtraTreesRegressor(100, min_samples_leaf=2, random_state=0)


@cache
def fitted(path: Path) -> ExtraTreesRegressor:
    """The model of all trainings in a file, once a process; blocks are known from then on."""
    load_plugins()
    return trees().fit(*rows(path))


def one(path: Path, trials: int, noise: float, strategy: str, seed: int) -> Curves:
    """One search, in a process of the pool."""
    model, chance = fitted(path), np.random.default_rng([seed, 1])

    def evaluate(architecture: Architecture) -> Scores:
        level = float(model.predict([features([name for name in architecture if name != TURN])])[0])
        return Scores(min(1.0, level + chance.normal(0.0, noise)), level, level)

    return search(strategies()[strategy](seed), evaluate, trials, 1, seed)


def main(_: list[str]) -> None:
    load_plugins()
    folder = Path(FOLDER.value)
    path = folder / "deep-trainings.jsonl"
    towers, reached = rows(path)
    guessed = cross_val_predict(trees(), towers, reached, cv=FOLDS)
    names = ["random", *(name for name in ONLY.value or strategies() if name != "random")]
    levels = {}
    with ProcessPoolExecutor(PROCESSES.value) as pool:
        for name in names:
            each = partial(one, path, TRIALS.value, NOISE.value, name)
            levels[name] = np.array([curves.validation for curves in pool.map(each, range(REPETITIONS.value))])
            print(f"{name}: {levels[name].mean(0)[-1]:.4f}", flush=True)
    head = HEAD.format(
        repetitions=REPETITIONS.value, count=len(reached), folds=FOLDS,
        correlation=np.corrcoef(guessed, reached)[0, 1], error=np.std(guessed - reached),
    )  # fmt: skip
    text = head + "\n".join(_table(levels)) + "\n"
    (folder / "deep_modelled.md").write_text(text)
    print(text)


def _table(levels: dict[str, np.ndarray]) -> list[str]:
    last = levels["random"].shape[1]
    marks = [last // 4, last // 2, last]
    lines = [
        "| Strategy | " + " | ".join(f"{mark} trials" for mark in marks) + " | Speed-up |",
        "|---|" + "---:|" * (len(marks) + 1),
    ]
    target = levels["random"].mean(0)[-1]
    for name in sorted(levels, key=lambda name: -levels[name].mean(0)[-1]):
        mean, error = levels[name].mean(0), levels[name].std(0, ddof=1) / np.sqrt(len(levels[name]))
        there = np.flatnonzero(mean >= target)
        gain = f"{last / (int(there[0]) + 1):.2f}" if len(there) else "never"
        cells = [f"{mean[mark - 1]:.4f} ± {error[mark - 1]:.4f}" for mark in marks]
        lines.append(f"| {name} | " + " | ".join([*cells, gain]) + " |")
    return lines


if __name__ == "__main__":
    app.run(main)
