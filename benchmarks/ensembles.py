"""Whether ensembles predict better than the best single network, on data that nothing was selected by.

    python benchmarks/ensembles.py --data=digits [--seeds=5] [--trials=12] [--steps=300]
    python benchmarks/ensembles.py --data=spoken_digits --recordings=PATH/recordings
    python benchmarks/ensembles.py --data=adult --adult=PATH/adult-train.csv

Each seed draws a test part of 20 % and a held-out part of 20 % of the rest. Two searches of as many trials see the same
data with the same seed: one of towers alone, one that makes every fifth trial an ensemble of three (INTERMIXED, means).
Scored on the test part: the best trial of each, and the best ensembles of the trials of the first, by greedy selection
and by stacking. All models are those of the trials; nothing is trained again on the held-out part.

Results are kept in --results, a line of JSON a search, and searches that are there are not run again. The table shows
means and 95 % confidence intervals of the differences between pairs with the same seed (Student's t).
"""

import json
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
from absl import app, flags
from scipy import stats
from sklearn.datasets import load_digits

from model_search.api import search
from model_search.data.arrays.arrays import provider_from
from model_search.data.pipeline import Pipeline
from model_search.data.provider import DataOptions, Provider
from model_search.data.sounds.audio_directory import audio_provider
from model_search.data.tables.csv_provider import csv_provider
from model_search.handle import StudyHandle
from model_search.network.serving import logits_behind
from model_search.proto.search_spec_pb2 import EnsemblingSpec, SearchSpec
from model_search.spec import load_spec
from model_search.training.metrics import evaluate

DATA = flags.DEFINE_list("data", ["digits"], "Of digits, spoken_digits, adult.")
SEEDS = flags.DEFINE_integer("seeds", 5, "Pairs of searches.", lower_bound=2)
FIRST = flags.DEFINE_integer("first_seed", 0, "Of the first pair.", lower_bound=0)
TRIALS = flags.DEFINE_integer("trials", 12, "Trials of a search.", lower_bound=5)
STEPS = flags.DEFINE_integer("steps", 300, "Gradient steps of a trial.", lower_bound=1)
SIZE = flags.DEFINE_integer("ensemble_size", 10, "Members of the best ensembles at most.", lower_bound=1)
RECORDINGS = flags.DEFINE_string("recordings", "", "Folder of the recordings of spoken digits.")
ADULT = flags.DEFINE_string("adult", "", "Path of adult-train.csv.")
RESULTS = flags.DEFINE_string("results", "ensembles.jsonl", "File of results.")

WAYS = ("towers", "intermixed")


def provider_of(name: str, seed: int) -> Provider:
    """The data with the parts of this seed."""
    common: dict[str, Any] = {"seed": seed, "test_fraction": 0.2}
    if name == "digits":
        return provider_from(load_digits(return_X_y=True), options=DataOptions(**common))
    if name == "adult":
        return csv_provider(DataOptions(filename=ADULT.value, label="-1", **common))
    return audio_provider(
        DataOptions(filename=RECORDINGS.value, label_pattern=r"^(\d)_", problem_type="RNN_LAST_ACTIVATIONS", **common)
    )


def spec_of(name: str, way: str) -> SearchSpec:
    """The bundled spec of the data, without ensembles or with them."""
    spec = load_spec("audio" if name == "spoken_digits" else "dnn")
    for field in ("ensemble_spec", "distillation_spec"):
        spec.ClearField(field)
    if way == "intermixed":
        spec.ensemble_spec.ensemble_search_type = EnsemblingSpec.INTERMIXED_NONADAPTIVE_ENSEMBLE_SEARCH
        own = spec.ensemble_spec.intermixed_search
        own.width, own.try_ensembling_every, own.num_trials_to_consider = 3, 5, 5
    return spec


def test_scores(handle: StudyHandle, pipeline: Pipeline, model: Any) -> dict[str, float]:
    """Accuracy and loss of a model that serves on the test part."""
    parts = []
    for features, labels, weights in pipeline.raw_with_step_weights(pipeline.provider.test()):
        predictions = model.predict_on_batch(features)
        parts.append((logits_behind(pipeline.task, predictions, 1.0), labels, weights))
    logits, labels, weights = (np.concatenate(column) for column in zip(*parts, strict=True))
    metrics = evaluate(pipeline.task, logits, labels, weights)
    return {name: metrics[name] for name in ("accuracy", "loss")}


def searched(name: str, way: str, seed: int) -> dict[str, Any]:
    """Test scores of what one search found."""
    provider, begin = provider_of(name, seed), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        handle = search(
            provider,
            spec_of(name, way),
            model_dir=folder,
            max_trials=TRIALS.value,
            train_steps=STEPS.value,
            batch_size=128 if name == "adult" else 32,
            seed=seed,
            refit=False,
        )
        pipeline = Pipeline(provider, 32)
        scores = {"best": test_scores(handle, pipeline, handle.best_model())}
        kinds = {"best": handle.best_trial().suggestion.kind.value}
        if way == "towers":
            for method in ("greedy", "stacking"):
                ensemble = handle.best_ensemble(SIZE.value, method)
                scores[method] = test_scores(handle, pipeline, ensemble.model())
                kinds[method] = json.dumps(dict(ensemble.members))
            single = handle.trial(ensemble.single)
            scores["single"] = test_scores(handle, pipeline, handle_model(handle, single.number))
    return {
        "data": name, "way": way, "seed": seed, "trials": TRIALS.value, "steps": STEPS.value,
        "scores": scores, "kinds": kinds, "seconds": round(time.process_time() - begin, 1),
    }  # fmt: skip


def handle_model(handle: StudyHandle, number: int) -> Any:
    """The model of one trial."""
    from model_search.model_file import load_model

    return load_model(handle.model_path(number))


def known() -> list[dict[str, Any]]:
    """Results of these settings."""
    path = Path(RESULTS.value)
    rows = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return [row for row in rows if (row["trials"], row["steps"]) == (TRIALS.value, STEPS.value)]


def measure(name: str) -> None:
    """Runs what is missing and adds it to the file of results."""
    for seed in range(FIRST.value, FIRST.value + SEEDS.value):
        for way in WAYS:
            if not any((row["data"], row["way"], row["seed"]) == (name, way, seed) for row in known()):
                row = searched(name, way, seed)
                with open(RESULTS.value, "a") as file:
                    file.write(json.dumps(row) + "\n")
                print(json.dumps(row), flush=True)


def columns(name: str) -> Iterator[tuple[str, dict[int, dict[str, float]]]]:
    """Test scores by seed of each thing that is compared."""
    for way, what in (("towers", "best"), ("towers", "greedy"), ("towers", "stacking"), ("intermixed", "best")):
        rows = [row for row in known() if (row["data"], row["way"]) == (name, way)]
        yield f"{way}: {what}", {row["seed"]: row["scores"][what] for row in rows}


def report(name: str) -> None:
    """Prints means, and differences to the best single tower by pairs."""
    (_, base), *others = columns(name)
    print(f"\n{name}, {len(base)} seeds, {TRIALS.value} trials of {STEPS.value} steps; test part")
    for metric in ("accuracy", "loss"):
        print(f"{metric:<22}{'mean':>9}{'difference and 95 % interval':>34}{'better':>9}")
        print(f"{'towers: best':<22}{np.mean([scores[metric] for scores in base.values()]):9.4f}")
        for title, scores in others:
            shared = sorted(set(base) & set(scores))
            differences = np.array([scores[seed][metric] - base[seed][metric] for seed in shared])
            half = stats.t.ppf(0.975, len(shared) - 1) * differences.std(ddof=1) / len(shared) ** 0.5
            better = (differences > 0).sum() if metric == "accuracy" else (differences < 0).sum()
            mean = np.mean([scores[seed][metric] for seed in shared])
            interval = (
                f"{differences.mean():+.4f} ({differences.mean() - half:+.4f} to {differences.mean() + half:+.4f})"
            )
            print(f"{title:<22}{mean:9.4f}{interval:>34}{f'{better} of {len(shared)}':>9}", flush=True)


def main(_: list[str]) -> None:
    for name in DATA.value:
        measure(name)
        report(name)


if __name__ == "__main__":
    app.run(main)
