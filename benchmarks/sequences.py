"""Accuracy of searches on sequences of numbers that only a memory gets right.

    python benchmarks/sequences.py [--tasks=order,latch] [--trials=6] [--steps=300]

order: two markers stand somewhere in 40 steps of noise; the class is which came first (the temporal order problem of
Hochreiter and Schmidhuber 1997, section 5.6). The mean over time is the same for both classes: 0.5 by chance.
latch: each step shows one of four symbols, some are marked; the label of each step is the symbol marked last, which the
step itself tells for marked steps alone. A fifth is held out and ranks the trials.
"""

import os
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
from absl import app, flags
from sklearn.linear_model import LogisticRegression

from model_search.api import search

TASKS = flags.DEFINE_list("tasks", ["order", "latch"], "Of order, latch.")
TRIALS = flags.DEFINE_integer("trials", 6, "Trials of a search.", lower_bound=1)
STEPS = flags.DEFINE_integer("steps", 300, "Gradient steps of a trial.", lower_bound=1)
SEED = flags.DEFINE_integer("seed", 0, "Of the data and the search.", lower_bound=0)

EXAMPLES, LENGTH, SYMBOLS, MARKED = 2000, 40, 4, 0.1

Arrays = tuple[np.ndarray, np.ndarray]


def order(rng: np.random.Generator) -> Arrays:
    """Noise in two channels and two marker channels; class 1 where the second marker comes first."""
    x = np.zeros((EXAMPLES, LENGTH, 4), np.float32)
    x[:, :, :2] = rng.normal(size=(EXAMPLES, LENGTH, 2))
    places = np.sort(np.array([rng.choice(LENGTH, 2, replace=False) for _ in range(EXAMPLES)]), axis=1)
    y = rng.integers(2, size=EXAMPLES)
    rows = np.arange(EXAMPLES)
    x[rows, places[:, 0], 2 + y] = 1
    x[rows, places[:, 1], 3 - y] = 1
    return x, y.astype(np.int32)


def latch(rng: np.random.Generator) -> Arrays:
    """Symbols one-hot and a marker channel; labels (examples, steps) of what was marked last."""
    symbols = rng.integers(SYMBOLS, size=(EXAMPLES, LENGTH))
    marked = rng.random((EXAMPLES, LENGTH)) < MARKED
    marked[:, 0] = True
    last = np.maximum.accumulate(np.where(marked, np.arange(LENGTH), 0), axis=1)
    x = np.concatenate([np.eye(SYMBOLS)[symbols], marked[:, :, None]], axis=2)
    return x.astype(np.float32), np.take_along_axis(symbols, last, axis=1).astype(np.int32)


def without_memory(x: np.ndarray, y: np.ndarray) -> float:
    """Held-out accuracy of a linear model of the mean over time, or of each step by itself."""
    features = x if y.ndim == 2 else x.mean(axis=1)
    cut = EXAMPLES * 4 // 5
    width = x.shape[-1]
    model = LogisticRegression(max_iter=1000).fit(features[:cut].reshape(-1, width), y[:cut].reshape(-1))
    return float(model.score(features[cut:].reshape(-1, width), y[cut:].reshape(-1)))


TASK_SPECS = {"order": (order, "rnn_last"), "latch": (latch, "rnn_all")}


def measure(name: str) -> None:
    """Prints all trials of a search, and the time it took."""
    make, spec = TASK_SPECS[name]
    x, y = make(np.random.default_rng(SEED.value))
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        handle = search(
            (x, y), spec, model_dir=folder, max_trials=TRIALS.value, train_steps=STEPS.value, seed=SEED.value,
            refit=False,
        )  # fmt: skip
    print(f"\n{name}: {time.perf_counter() - begin:.0f} s; without memory {without_memory(x, y):.4f}")
    for trial in handle.trials():
        if trial.result is not None:
            print(f"{trial.number:<4}{trial.result.objective:8.4f}{trial.result.seconds:6.0f} s  {trial.architecture}")
    print(f"best{handle.best_trial().result.objective:8.4f}", flush=True)


def main(_: list[str]) -> None:
    for name in TASKS.value:
        measure(name)


if __name__ == "__main__":
    app.run(main)
