"""Wall time of a whole trial (claim to complete, export included) over a bare Keras loop of the same network.

    python benchmarks/trial_overhead.py [--repeats=5] [--steps=500]

Both train the same architecture on the same data for the same steps, by turns in one process. The bare loop is what a
person would write: build, `compile`, `fit`, `evaluate`; once with Keras's defaults and once with
`steps_per_execution=50`. It neither stores nor exports anything. The table below the ratios says where a trial's
seconds go.
"""

import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import tensorflow as tf
from absl import app, flags
from sklearn.datasets import load_digits

from model_search import prepare_trial
from model_search import run_trial as way
from model_search.converters import hyperparameters_to_proto
from model_search.data.arrays.arrays import provider_from
from model_search.network.heads import Head
from model_search.network.tower import build_tower
from model_search.open_search import SearchConfig, open_search
from model_search.plugins import load_plugins
from model_search.spec import SearchSpec, complete, validate
from model_search.training import artifacts, fit
from model_search.training.options import TrainingOptions

REPEATS = flags.DEFINE_integer("repeats", 5, "Pairs of trial and bare loop for each network.", lower_bound=1)
STEPS = flags.DEFINE_integer("steps", 500, "Gradient steps.", lower_bound=1)
BATCH = 32

VECTORS = ["FIXED_OUTPUT_FULLY_CONNECTED_128", "FIXED_OUTPUT_FULLY_CONNECTED_128", "FIXED_OUTPUT_FULLY_CONNECTED_128"]
PLATES = [
    "FIXED_CHANNEL_CONVOLUTION_32",
    "MAX_POOLING_2X2",
    "FIXED_CHANNEL_CONVOLUTION_64",
    "MAX_POOLING_2X2",
    "FIXED_CHANNEL_CONVOLUTION_64",
    "PLATE_REDUCTION_FLATTEN",
]


def digits() -> tuple[np.ndarray, np.ndarray]:
    return load_digits(return_X_y=True)


def images() -> tuple[np.ndarray, np.ndarray]:
    """Random 32x32 colour images: only their size matters to the time."""
    rng = np.random.default_rng(0)
    return rng.integers(0, 255, (2000, 32, 32, 3), dtype=np.uint8), rng.integers(0, 10, 2000)


def spec_of(blocks: list[str], problem: str, trials: int) -> SearchSpec:
    """A spec that suggests the same tower again and again, with rates that differ by nothing that matters."""
    spec = SearchSpec(problem_type=problem, blocks_to_use=list(dict.fromkeys(blocks)))
    for number in range(trials):
        wanted = hyperparameters_to_proto(
            {"learning_rate": float(np.float32(0.001 + number / 1e5)), "optimizer": "adam"}
        )
        spec.user_suggestions.add(architecture=blocks, hparams=wanted)
    return complete(spec)


@contextmanager
def timed(seconds: dict[str, float], module, name: str, label: str):
    """Adds the time of a module's function to `seconds[label]`."""
    original = getattr(module, name)

    def measured(*arguments, **keywords):
        begin = time.perf_counter()
        try:
            return original(*arguments, **keywords)
        finally:
            seconds[label] = seconds.get(label, 0.0) + time.perf_counter() - begin

    setattr(module, name, measured)
    try:
        yield
    finally:
        setattr(module, name, original)


def bare(pipeline, blocks, steps: int, per_execution: int) -> float:
    """Build, compile, fit, evaluate; seconds."""
    begin = time.perf_counter()
    arrays = pipeline.train_arrays()
    held_out = pipeline.evaluation_arrays()
    keras.utils.clear_session()
    model = build_tower(blocks, {}, pipeline.encoding, Head(10)).model
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(1e-3), loss, metrics=["accuracy"], steps_per_execution=per_execution)
    data = tf.data.Dataset.from_tensor_slices((arrays.x, arrays.y)).shuffle(len(arrays)).repeat()
    model.fit(data.batch(BATCH).prefetch(tf.data.AUTOTUNE), shuffle=False, steps_per_epoch=steps, epochs=1, verbose=0)
    model.evaluate(held_out.x, held_out.y, batch_size=256, verbose=0)
    return time.perf_counter() - begin


def measure(title: str, data: Callable, blocks: list[str], problem: str, steps: int, repeats: int) -> None:
    spec = spec_of(blocks, problem, repeats + 1)
    validate(spec)
    options = TrainingOptions(train_steps=steps, batch_size=BATCH)
    phases: dict[str, float] = {}
    ours, plain, grouped = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        config = SearchConfig(spec, provider_from(data()), folder, max_trials=repeats + 1, training=options)
        search = open_search(config, threading.Event())
        for turn in range(repeats + 1):
            # The first turn of each warms up: parsing, encoding, first use of libraries.
            seconds = phases if turn else {}
            begin = time.perf_counter()
            claim = search.store.claim(search.study.id, "benchmark", 60)
            with (
                timed(seconds, way, "prepared", "suggest, store, build, measure costs"),
                timed(seconds, prepare_trial, "build", "  of it: build the network"),
                timed(seconds, prepare_trial, "costs_of", "  of it: measure costs"),
                timed(seconds, way, "fit", "optimizer, trace, steps"),
                timed(seconds, fit, "build_optimizer", "  of it: make the optimizer"),
                timed(seconds, fit, "compiled_steps", "  of it: wrap the loop"),
                timed(seconds, way, "evaluated", "evaluate"),
                timed(seconds, way, "serving_model", "put the preprocessing in front"),
                timed(seconds, way, "write_artifacts", "write all files"),
                timed(seconds, artifacts, "keras_bytes", "  of it: the .keras file"),
            ):
                way.run_trial(search, claim)
            spent = time.perf_counter() - begin
            tower = search.store.trial(search.study.id, claim.number).architecture
            runs = (spent, bare(search.pipeline, tower, steps, 1), bare(search.pipeline, tower, steps, 50))
            if turn:
                for times, run in zip((ours, plain, grouped), runs, strict=True):
                    times.append(run)
        search.store.close()
    print(f"\n{title}: {steps} steps of {BATCH}, median of {repeats} pairs")
    for label, times in (("fit, defaults", plain), ("fit, 50 steps per execution", grouped)):
        ratio = statistics.median(a / b for a, b in zip(ours, times, strict=True))
        print(f"  trial {statistics.median(ours):.2f} s / {label} {statistics.median(times):.2f} s = {ratio:.2f}")
    print("  mean seconds of a trial, step by step:")
    for label, seconds in phases.items():
        print(f"    {label:<32} {seconds / repeats:.3f}")
    print(f"    {'whole trial':<32} {statistics.mean(ours):.3f}")


def main(_: list[str]) -> None:
    load_plugins()
    measure("small: 3 dense blocks on digits", digits, VECTORS, "DNN", STEPS.value, REPEATS.value)
    measure("medium: 3 convolutions on 32x32 images", images, PLATES, "CNN", STEPS.value, REPEATS.value)


if __name__ == "__main__":
    app.run(main)
