"""Whether ensembles predict better than the best single network, on data that nothing was selected by.

    python benchmarks/ensembles.py --data=digits [--seeds=5] [--trials=12] [--steps=300]
    python benchmarks/ensembles.py --data=spoken_digits --recordings=PATH/recordings
    python benchmarks/ensembles.py --data=adult --adult=PATH/adult-train.csv [--spec=tabular] [--batch_size=256]

Each seed draws a test part (of 20 % by default) and a held-out part of 20 % of the rest. Two searches of as many trials
see the same data with the same seed: one of towers alone, one that makes every fifth trial an ensemble of three
(INTERMIXED, means). Scored on the test part: the best trial of each, and of the trials of the first the means of the
best three and of those that greedy selection takes, by many draws of the rows as `best_ensemble` does and by one, and
the stack. All models are those of the trials; nothing is trained again on the held-out part.

What a search's trials say of the held-out and of the test part is kept in --libraries, and searches that are there are
not run again, so that ways to select are compared on the same trials. The table shows means and 95 % confidence
intervals of the differences between pairs with the same seed (Student's t).
"""

import json
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
from absl import app, flags
from scipy import stats
from sklearn.datasets import load_digits

from model_search.api import search
from model_search.data.arrays.arrays import provider_from
from model_search.data.pipeline import Pipeline
from model_search.data.provider import DataOptions, Provider
from model_search.data.signature import from_json
from model_search.data.sounds.audio_directory import audio_provider
from model_search.data.tables.csv_provider import csv_provider
from model_search.ensemble_selection import Judged, greedily_selected, halves, selected
from model_search.handle import StudyHandle
from model_search.model_dir import SIGNATURE_FILE
from model_search.model_file import load_model
from model_search.network.serving import logits_behind
from model_search.proto.search_spec_pb2 import EnsemblingSpec, SearchSpec
from model_search.spec import load_spec
from model_search.stacking import combined, shares_of, stacked
from model_search.training.evaluation_labels import read_labels, read_logits
from model_search.training.metrics import evaluate

DATA = flags.DEFINE_list("data", ["digits"], "Of digits, spoken_digits, adult.")
SEEDS = flags.DEFINE_integer("seeds", 5, "Pairs of searches; of one nothing is reported.", lower_bound=1)
FIRST = flags.DEFINE_integer("first_seed", 0, "Of the first pair.", lower_bound=0)
TRIALS = flags.DEFINE_integer("trials", 12, "Trials of a search.", lower_bound=5)
STEPS = flags.DEFINE_integer("steps", 300, "Gradient steps of a trial.", lower_bound=1)
SIZE = flags.DEFINE_integer("ensemble_size", 10, "Members of the best ensembles at most.", lower_bound=1)
TEST_FRACTION = flags.DEFINE_float("test_fraction", 0.2, "Of the examples.", 0.01, 0.9)
RECORDINGS = flags.DEFINE_string("recordings", "", "Folder of the recordings of spoken digits.")
ADULT = flags.DEFINE_string("adult", "", "Path of the rows of Adult, without a header.")
SPEC = flags.DEFINE_string("spec", "", "Bundled spec; by default `audio` for spoken digits, else `dnn`.")
BATCH = flags.DEFINE_integer("batch_size", 0, "Examples of a step; by default 128 for Adult, else 32.", lower_bound=0)
LIBRARIES = flags.DEFINE_string("libraries", "ensembles", "Folder of what searches left.")
WAYS = flags.DEFINE_list("ways", ["towers", "intermixed"], "Searches of each seed.")


def provider_of(name: str, seed: int) -> Provider:
    """The data with the parts of this seed."""
    common: dict[str, Any] = {"seed": seed, "test_fraction": TEST_FRACTION.value}
    if name == "digits":
        return provider_from(load_digits(return_X_y=True), options=DataOptions(**common))
    if name == "adult":
        return csv_provider(DataOptions(filename=ADULT.value, label="-1", **common))
    return audio_provider(
        DataOptions(filename=RECORDINGS.value, label_pattern=r"^(\d)_", problem_type="RNN_LAST_ACTIVATIONS", **common)
    )


def spec_name(name: str) -> str:
    """Of the bundled spec."""
    return str(SPEC.value or ("audio" if name == "spoken_digits" else "dnn"))


def spec_of(name: str, way: str) -> SearchSpec:
    """The bundled spec of the data, without ensembles or with them."""
    spec = load_spec(spec_name(name))
    for field in ("ensemble_spec", "distillation_spec"):
        spec.ClearField(field)
    if way == "intermixed":
        spec.ensemble_spec.ensemble_search_type = EnsemblingSpec.INTERMIXED_NONADAPTIVE_ENSEMBLE_SEARCH
        own = spec.ensemble_spec.intermixed_search
        own.width, own.try_ensembling_every, own.num_trials_to_consider = 3, 5, 5
    return spec


def test_logits(handle: StudyHandle, pipeline: Pipeline, number: int) -> np.ndarray:
    """Logits, up to a constant, of a trial's served model on the test part."""
    model = load_model(handle.model_path(number))
    parts = [model.predict_on_batch(features) for features, _, _ in pipeline.raw_with_step_weights(test_of(pipeline))]
    return np.asarray(logits_behind(pipeline.task, np.concatenate(parts)), np.float32)


def test_of(pipeline: Pipeline) -> Any:
    """The test part."""
    test = pipeline.provider.test()
    assert test is not None
    return test


def search_library(name: str, way: str, seed: int) -> dict[str, np.ndarray]:
    """A search, and what its trials say of the held-out and of the test part."""
    provider, begin = provider_of(name, seed), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        handle = search(
            provider,
            spec_of(name, way),
            model_dir=folder,
            max_trials=TRIALS.value,
            train_steps=STEPS.value,
            batch_size=BATCH.value or (128 if name == "adult" else 32),
            seed=seed,
            refit=False,
        )
        pipeline = Pipeline(provider, 256)
        numbers = [trial.number for trial in handle.store.best(handle.study.id, TRIALS.value)]
        known = read_labels(folder)
        assert known is not None
        parts = [(labels, weights) for _, labels, weights in pipeline.raw_with_step_weights(test_of(pipeline))]
        labels, weights = (np.concatenate(column) for column in zip(*parts, strict=True))
        arrays: dict[str, Any] = {
            "numbers": np.array(numbers),
            "labels": known.labels, "weights": known.weights, "test_labels": labels, "test_weights": weights,
            "signature": np.array((Path(folder) / SIGNATURE_FILE).read_text()),
            "seconds": np.array(time.process_time() - begin),
        }  # fmt: skip
        for number in numbers:
            arrays[f"logits/{number}"] = read_logits(folder, number)
            arrays[f"test/{number}"] = test_logits(handle, pipeline, number)
            keras.utils.clear_session()
    return arrays


def path_of(name: str, way: str, seed: int) -> Path:
    """Where the library of a search is kept."""
    size = f"{TRIALS.value}x{STEPS.value}x{BATCH.value}"
    return Path(LIBRARIES.value) / f"{name}-{spec_name(name)}-{way}-{size}-{TEST_FRACTION.value}-{seed}.npz"


def seeds() -> range:
    """Of the pairs of searches."""
    return range(FIRST.value, FIRST.value + SEEDS.value)


def measure(name: str) -> None:
    """Runs the searches that are missing."""
    for seed in seeds():
        for way in WAYS.value:
            path = path_of(name, way, seed)
            if not path.exists():
                arrays = search_library(name, way, seed)
                path.parent.mkdir(parents=True, exist_ok=True)
                unfinished = path.with_suffix(".unfinished.npz")
                np.savez_compressed(unfinished, allow_pickle=False, **arrays)
                unfinished.rename(path)
                print(f"{path.name}: {float(arrays['seconds']):.0f} s", flush=True)


def scores_of(name: str, way: str, seed: int) -> dict[str, dict[str, float]]:
    """Accuracy and loss on the test part of a search's best trial, and of ensembles of its trials."""
    with np.load(path_of(name, way, seed)) as library:
        arrays = dict(library)
    task = from_json(json.loads(str(arrays["signature"]))).task
    numbers = [int(number) for number in arrays["numbers"]]
    held_out = Judged({n: arrays[f"logits/{n}"] for n in numbers}, arrays["labels"], arrays["weights"])
    ensembles = {"best": shares_of(task, {numbers[0]: 1})}
    of = {"best": numbers[:1]}
    if way == "towers":
        known = held_out.rows(halves(len(held_out.labels), seed)[0])
        counts = {
            "greedy": selected(task, known, SIZE.value),
            "greedy, one draw": greedily_selected(task, known, SIZE.value),
            "best 3": dict.fromkeys(numbers[:3], 1),
        }
        ensembles |= {what: shares_of(task, chosen) for what, chosen in counts.items()}
        ensembles["stacking"] = stacked(task, known, counts["greedy"])
        of |= {what: sorted(chosen) for what, chosen in counts.items()} | {"stacking": sorted(counts["greedy"])}
    predictions = {
        what: combined([arrays[f"test/{n}"] for n in of[what]], weights) for what, weights in ensembles.items()
    }
    labels, weights = arrays["test_labels"], arrays["test_weights"]
    metrics = {what: evaluate(task, logits, labels, weights) for what, logits in predictions.items()}
    return {what: {metric: found[metric] for metric in ("accuracy", "loss")} for what, found in metrics.items()}


def columns(name: str) -> Iterator[tuple[str, dict[int, dict[str, float]]]]:
    """Test scores by seed of each thing that is compared."""
    for way in WAYS.value:
        scores = {seed: scores_of(name, way, seed) for seed in seeds()}
        for what in next(iter(scores.values())):
            yield f"{way}: {what}", {seed: of_search[what] for seed, of_search in scores.items()}


def report(name: str) -> None:
    """Prints means, and differences to the best single tower by pairs."""
    (_, base), *others = columns(name)
    print(f"\n{name}, {len(base)} seeds, {TRIALS.value} trials of {STEPS.value} steps; test part")
    for metric in ("accuracy", "loss"):
        print(f"{metric:<26}{'mean':>9}{'difference and 95 % interval':>34}{'better':>9}")
        print(f"{'towers: best':<26}{np.mean([scores[metric] for scores in base.values()]):9.4f}")
        for title, scores in others:
            shared = sorted(set(base) & set(scores))
            differences = np.array([scores[seed][metric] - base[seed][metric] for seed in shared])
            half = stats.t.ppf(0.975, len(shared) - 1) * differences.std(ddof=1) / len(shared) ** 0.5
            better = (differences > 0).sum() if metric == "accuracy" else (differences < 0).sum()
            mean = np.mean([scores[seed][metric] for seed in shared])
            interval = (
                f"{differences.mean():+.4f} ({differences.mean() - half:+.4f} to {differences.mean() + half:+.4f})"
            )
            print(f"{title:<26}{mean:9.4f}{interval:>34}{f'{better} of {len(shared)}':>9}", flush=True)


def main(_: list[str]) -> None:
    for name in DATA.value:
        measure(name)
        if SEEDS.value > 1:
            report(name)


if __name__ == "__main__":
    app.run(main)
