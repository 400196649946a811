"""Seconds per trial of a whole search on a CSV file, all included, over a bare loop on the same networks.

    python benchmarks/search_seconds.py [--trials=20] [--steps=500]

The search runs on digits as a CSV file with the `dnn` spec, in this process: reading the file, suggesting, training,
evaluating, exporting, storing. Then each of its networks trains once more in the loop that a person would write first:
one compiled gradient step a call, batches of 32 from a `tf.data` pipeline, accuracy of the held-out rows at the end.
"""

import os
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import tensorflow as tf
from absl import app, flags
from sklearn.datasets import load_digits

from model_search.data.provider import DataOptions
from model_search.data.tables.csv_provider import csv_provider
from model_search.network.heads import Head
from model_search.network.tower import build_tower
from model_search.open_search import SearchConfig, open_search
from model_search.plugins import load_plugins
from model_search.spec import complete, load_spec, validate
from model_search.trainer import work
from model_search.training.options import TrainingOptions

TRIALS = flags.DEFINE_integer("trials", 20, "Trials of the search.", lower_bound=1)
STEPS = flags.DEFINE_integer("steps", 500, "Gradient steps of a trial.", lower_bound=1)
BATCH = 32


def bare_seconds(pipeline, suggestion, steps: int) -> float:
    """Build, compile one step, run it so often, evaluate."""
    arrays, held_out = pipeline.train_arrays(), pipeline.evaluation_arrays()
    begin = time.perf_counter()
    model = build_tower(suggestion.architecture, suggestion.hyperparameters, pipeline.encoding, Head(10)).model
    optimizer = keras.optimizers.Adam(1e-3)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    data = tf.data.Dataset.from_tensor_slices((arrays.x, arrays.y)).shuffle(len(arrays)).repeat().batch(BATCH)

    @tf.function
    def step(x: tf.Tensor, y: tf.Tensor) -> None:
        with tf.GradientTape() as tape:
            value = loss(y, model(x, training=True))
        optimizer.apply(tape.gradient(value, model.trainable_variables), model.trainable_variables)

    for x, y in data.take(steps).prefetch(tf.data.AUTOTUNE):
        step(x, y)
    keras.metrics.sparse_categorical_accuracy(held_out.y, model(held_out.x, training=False))
    seconds = time.perf_counter() - begin
    keras.utils.clear_session()
    return seconds


def main(_: list[str]) -> None:
    load_plugins()
    spec = complete(load_spec("dnn"))
    validate(spec)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "digits.csv"
        load_digits(as_frame=True).frame.to_csv(path, index=False)
        begin = time.perf_counter()
        provider = csv_provider(DataOptions(filename=str(path), label="target"))
        training = TrainingOptions(train_steps=STEPS.value, batch_size=BATCH)
        search = open_search(SearchConfig(spec, provider, folder, max_trials=TRIALS.value, training=training))
        work(search, "benchmark", 60.0)
        whole = (time.perf_counter() - begin) / TRIALS.value
        suggestions = [trial.suggestion for trial in search.store.trials(search.study.id)]
        bare = sum(bare_seconds(search.pipeline, one, STEPS.value) for one in suggestions) / len(suggestions)
    print(f"{TRIALS.value} trials of {STEPS.value} steps of {BATCH} on digits.csv, mean seconds of a trial")
    print(f"  the search, all included: {whole:.2f}")
    print(f"  bare loops, same networks: {bare:.2f}")
    print(f"  ratio: {whole / bare:.2f}")


if __name__ == "__main__":
    app.run(main)
