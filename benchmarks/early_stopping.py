"""The same search with and without early stopping: best accuracy, and all gradient steps used.

    python benchmarks/early_stopping.py [--seeds=3] [--trials=30] [--steps=500] [--rules=none,successive_halving,median]
    python benchmarks/early_stopping.py --images=FOLDER --per_class=400 --image_size=16 --steps=300 \\
      --spec=benchmarks/small_images.pbtxt

Digits come along; `--images` is a folder with one folder of pictures a class, such as CIFAR-10. Each seed has a split
of its own, the same for all rules. Ensembles and students are left out unless `--phases` is given. A search with early
stopping has as many trials as one without. `best` is the accuracy on the held-out part, which ranks the trials: the
largest of many, so it is higher by luck where more trials complete. `test` is that of the best trial's network on a
quarter of all examples, which nothing was selected by. With `--max_share=0.4` a search with early stopping has as many
trials as it likes, and ends before one could bring its steps above that share of those without. A line of JSON a
search, then the means, with the mean difference from the first rule and its standard error over the seeds.
"""

import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from absl import app, flags

from model_search.data.provider import DataOptions, Provider, providers
from model_search.final_test import score_best_on_test
from model_search.open_search import SearchConfig, open_search
from model_search.plugins import load_plugins
from model_search.proto.search_spec_pb2 import EarlyStoppingSpec
from model_search.search_parts import Search
from model_search.spec import SearchSpec, complete, load_spec, rungs, trial_steps, validate
from model_search.study import TrialState
from model_search.trainer import work
from model_search.training.options import TrainingOptions
from model_search.trial_store.contract import Claim

SEEDS = flags.DEFINE_integer("seeds", 3, "Searches of each rule.", lower_bound=1)
TRIALS = flags.DEFINE_integer("trials", 30, "Trials of a search.", lower_bound=1)
STEPS = flags.DEFINE_integer("steps", 500, "Gradient steps of a whole trial.", lower_bound=1)
BATCH = flags.DEFINE_integer("batch_size", 32, "Examples of a step.", lower_bound=1)
SPEC = flags.DEFINE_string("spec", "dnn", "Bundled name or path.")
IMAGES = flags.DEFINE_string("images", "", "Folder of images; digits where it is empty.")
PER_CLASS = flags.DEFINE_integer("per_class", 0, "Images of a class that are used, the first by name; 0: all.")
SIZE = flags.DEFINE_integer("image_size", 32, "Height and width of images.", lower_bound=1)
PHASES = flags.DEFINE_bool("phases", False, "Whether the spec's ensembles and students are among the trials.")
SHARE = flags.DEFINE_float("max_share", 0, "Of the steps without a rule, that a search with one may use; 0: all.", 0, 1)
RULES = flags.DEFINE_list("rules", ["none", "successive_halving", "median"], "What is compared, none first.")

# So many times the trials of a search without a rule are the most that one with a limited share may have.
MOST = 20
NAMES = {"successive_halving": EarlyStoppingSpec.SUCCESSIVE_HALVING, "median": EarlyStoppingSpec.MEDIAN_RULE}


def spec_for(rule: str) -> SearchSpec:
    """The spec with a rule, or without."""
    spec = load_spec(SPEC.value)
    if not PHASES.value:
        spec.ClearField("ensemble_spec")
        spec.ClearField("distillation_spec")
    if rule != "none":
        spec.early_stopping.rule = NAMES[rule]
    completed = complete(spec)
    validate(completed)
    return completed


def provider_for(seed: int, images: str) -> Provider:
    """The data, split by the seed."""
    if not images:
        return providers["digits"](DataOptions(seed=seed, test_fraction=0.25))
    size = (SIZE.value, SIZE.value)
    options = DataOptions(filename=images, image_size=size, seed=seed, test_fraction=0.25, task="classification")
    return providers["image_directory"](options)


@contextmanager
def chosen_images() -> Iterator[str]:
    """The folder of images, or one with links to the chosen ones; empty for digits."""
    if not (IMAGES.value and PER_CLASS.value):
        yield IMAGES.value
        return
    with tempfile.TemporaryDirectory() as folder:
        for label in sorted(path for path in Path(IMAGES.value).iterdir() if path.is_dir()):
            (Path(folder) / label.name).mkdir()
            for image in sorted(label.iterdir())[: PER_CLASS.value]:
                (Path(folder) / label.name / image.name).symlink_to(image.resolve())
        yield folder


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


def end_at(search: Search, steps: float) -> None:
    """Lets the search claim no trial that may bring its steps above `steps`."""
    claim = search.store.claim

    def limited(*arguments: Any) -> Claim | None:
        if steps_used(search) + STEPS.value <= steps:
            return claim(*arguments)
        search.stop.set()
        return None

    search.store.claim = limited  # type: ignore[method-assign]


def run(rule: str, seed: int, images: str) -> dict[str, object]:
    """One search."""
    begin = time.monotonic()
    is_limited = SHARE.value > 0 and rule != "none"
    trials = MOST * TRIALS.value if is_limited else TRIALS.value
    training = TrainingOptions(train_steps=STEPS.value, batch_size=BATCH.value)
    with tempfile.TemporaryDirectory() as folder:
        config = SearchConfig(
            spec_for(rule), provider_for(seed, images), folder, max_trials=trials, seed=seed, training=training
        )
        search = open_search(config)
        if is_limited:
            end_at(search, SHARE.value * TRIALS.value * STEPS.value)
        work(search, "benchmark", 600.0)
        best = search.store.best(search.study.id, 1)
        counts = search.store.counts(search.study.id)
        found = {
            "rule": rule,
            "seed": seed,
            "best": best[0].result.objective if best and best[0].result else 0.0,
            "test": (score_best_on_test(search) or {"accuracy": 0.0})["accuracy"],
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


def differences(found: list[dict[str, object]], rule: str, field: str) -> str:
    """A rule's mean and its mean difference from the first rule, seed by seed, with the standard error of that."""
    first, own = ([one[field] for one in found if one["rule"] == name] for name in (RULES.value[0], rule))
    paired = [value - other for value, other in zip(own, first, strict=True)]
    error = f"{stdev(paired) / len(paired) ** 0.5:.4f}" if len(paired) > 1 else "unknown"
    return f"{field} {fmean(own):.4f} ({fmean(paired):+.4f}, standard error {error})"


def main(_: list[str]) -> None:
    """Prints a line a search, and the means of each rule."""
    load_plugins()
    with chosen_images() as images:
        found = [run(rule, seed, images) for seed in range(SEEDS.value) for rule in RULES.value]
    whole = fmean(one["steps"] for one in found if one["rule"] == RULES.value[0])
    for rule in RULES.value:
        share = fmean(one["steps"] for one in found if one["rule"] == rule) / whole
        scores = ", ".join(differences(found, rule, field) for field in ("best", "test"))
        print(f"{rule}: {scores}, steps {share:.1%} of {RULES.value[0]}'s")


if __name__ == "__main__":
    app.run(main)
