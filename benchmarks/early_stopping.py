"""The same search with and without early stopping: best accuracy, and all gradient steps used.

    python benchmarks/early_stopping.py [--seeds=3] [--trials=30] [--steps=500] [--rules=none,successive_halving,median]
    python benchmarks/early_stopping.py --images=FOLDER [--image_size=32] [--spec=cnn_modern] [--steps=1000]

Digits come along; `--images` is a folder with one folder of pictures a class, such as a part of CIFAR-10. Each seed has
a split of its own, the same for all rules. A search with early stopping has as many trials as one without. Accuracy is
that of the held-out part, which ranks the trials. A line of JSON a search, then the means.
"""

import json
import os
import tempfile
import time
from statistics import fmean, stdev

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from absl import app, flags

from model_search.data.provider import DataOptions, Provider, providers
from model_search.open_search import SearchConfig, open_search
from model_search.plugins import load_plugins
from model_search.proto.search_spec_pb2 import EarlyStoppingSpec
from model_search.search_parts import Search
from model_search.spec import SearchSpec, complete, load_spec, rungs, trial_steps, validate
from model_search.study import TrialState
from model_search.trainer import work
from model_search.training.options import TrainingOptions

SEEDS = flags.DEFINE_integer("seeds", 3, "Searches of each rule.", lower_bound=1)
TRIALS = flags.DEFINE_integer("trials", 30, "Trials of a search.", lower_bound=1)
STEPS = flags.DEFINE_integer("steps", 500, "Gradient steps of a whole trial.", lower_bound=1)
BATCH = flags.DEFINE_integer("batch_size", 32, "Examples of a step.", lower_bound=1)
SPEC = flags.DEFINE_string("spec", "dnn", "Bundled name or path.")
IMAGES = flags.DEFINE_string("images", "", "Folder of images; digits where it is empty.")
SIZE = flags.DEFINE_integer("image_size", 32, "Height and width of images.", lower_bound=1)
RULES = flags.DEFINE_list("rules", ["none", "successive_halving", "median"], "What is compared, none first.")

NAMES = {"successive_halving": EarlyStoppingSpec.SUCCESSIVE_HALVING, "median": EarlyStoppingSpec.MEDIAN_RULE}


def spec_for(rule: str) -> SearchSpec:
    """The spec with a rule, or without."""
    spec = load_spec(SPEC.value)
    if rule != "none":
        spec.early_stopping.rule = NAMES[rule]
    completed = complete(spec)
    validate(completed)
    return completed


def provider_for(seed: int) -> Provider:
    """The data, split by the seed."""
    if IMAGES.value:
        options = DataOptions(filename=IMAGES.value, image_size=(SIZE.value, SIZE.value), seed=seed)
        return providers["image_directory"](options)
    return providers["digits"](DataOptions(seed=seed))


def steps_used(search: Search) -> int:
    """Gradient steps of all trials: those of stopped ones to the rung where they were stopped."""
    used = 0
    for trial in search.store.trials(search.study.id):
        if trial.state is TrialState.COMPLETED:
            used += trial_steps(search.spec, trial.architecture, STEPS.value)
        else:
            measurements = search.store.measurements(search.study.id, trial.number)
            used += max((measurement.step for measurement in measurements), default=0)
    return used


def run(rule: str, seed: int) -> dict[str, object]:
    """One search."""
    begin = time.monotonic()
    training = TrainingOptions(train_steps=STEPS.value, batch_size=BATCH.value)
    with tempfile.TemporaryDirectory() as folder:
        config = SearchConfig(
            spec_for(rule), provider_for(seed), folder, max_trials=TRIALS.value, seed=seed, training=training
        )
        search = open_search(config)
        work(search, "benchmark", 600.0)
        best = search.store.best(search.study.id, 1)
        counts = search.store.counts(search.study.id)
        found = {
            "rule": rule,
            "seed": seed,
            "best": best[0].result.objective if best and best[0].result else 0.0,
            "best_trial": best[0].number if best else 0,
            "steps": steps_used(search),
            "stopped": counts[TrialState.STOPPED],
            "completed": counts[TrialState.COMPLETED],
            "rungs": rungs(search.spec, STEPS.value, STEPS.value),
            "seconds": round(time.monotonic() - begin, 1),
        }
        search.store.close()
    print(json.dumps(found), flush=True)
    return found


def main(_: list[str]) -> None:
    """Prints a line a search, and the means of each rule."""
    load_plugins()
    found = [run(rule, seed) for seed in range(SEEDS.value) for rule in RULES.value]
    whole = fmean(one["steps"] for one in found if one["rule"] == RULES.value[0])
    for rule in RULES.value:
        of_rule = [one for one in found if one["rule"] == rule]
        best = [one["best"] for one in of_rule]
        share = fmean(one["steps"] for one in of_rule) / whole
        spread = stdev(best) if len(best) > 1 else 0.0
        print(f"{rule}: best {fmean(best):.4f} (deviation {spread:.4f}), steps {share:.1%} of {RULES.value[0]}'s")


if __name__ == "__main__":
    app.run(main)
