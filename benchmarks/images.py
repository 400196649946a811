"""The best accuracy of a search on folders of images, over its trials and over time.

    python benchmarks/images.py --train=FOLDER/train --test=FOLDER/test [--spec=cnn_modern] [--trials=20] [--steps=1200]

Each folder has one folder a class, such as CIFAR-10 as JPEG files. Trials are ranked by images held out from `--train`
(a fifth of them); `--test` is scored once at the end, with the best trial trained again on all of `--train`. A row a
trial: minutes since the search began, minutes of processor time (which other load changes little), its accuracy, the
best so far, its own seconds, parameters, learning rate and architecture.
"""

import json
import os
import tempfile
import threading
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from absl import app, flags

from model_search.conclusion import conclude
from model_search.data.images.image_directory import image_provider
from model_search.data.provider import DataOptions
from model_search.model_dir import TEST_FILE
from model_search.open_search import SearchConfig, open_search
from model_search.plugins import load_plugins
from model_search.run_trial import run_trial
from model_search.search_parts import Search
from model_search.spec import complete, load_spec, validate
from model_search.training.options import TrainingOptions

TRAIN = flags.DEFINE_string("train", None, "Folder with one folder a class.", required=True)
TEST = flags.DEFINE_string("test", "", "The same, scored once at the end; empty for none.")
SPEC = flags.DEFINE_string("spec", "cnn_modern", "Bundled spec or path of one.")
TRIALS = flags.DEFINE_integer("trials", 20, "Trials.")
STEPS = flags.DEFINE_integer("steps", 1200, "Steps of a trial.")
BATCH = flags.DEFINE_integer("batch_size", 64, "Images of a step.")
AUGMENT = flags.DEFINE_list("augment", [], "Augmentations, such as flip,crop:4.")
SEED = flags.DEFINE_integer("seed", 0, "Of the search.")
REFIT = flags.DEFINE_boolean("refit", True, "Whether the best trial is trained again on all of --train.")


def opened(model_dir: str) -> Search:
    """The search that the flags describe."""
    spec = complete(load_spec(SPEC.value))
    validate(spec)
    data = DataOptions(
        filename=TRAIN.value,
        test_filename=TEST.value,
        augment=tuple(AUGMENT.value),
        seed=SEED.value,
        task="classification",
    )
    training = TrainingOptions(train_steps=STEPS.value, batch_size=BATCH.value)
    config = SearchConfig(
        spec,
        image_provider(data),
        model_dir,
        max_trials=TRIALS.value,
        seed=SEED.value,
        training=training,
        refit=REFIT.value,
    )
    return open_search(config, threading.Event())


def print_curve(search: Search) -> None:
    """Runs the trials, and prints a row after each."""
    titles = f"{'trial':>5}{'minutes':>9}{'processor':>11}{'accuracy':>10}{'best':>8}{'seconds':>9}{'parameters':>12}"
    print(f"{titles}  rate    architecture")
    begin, processor, best = time.monotonic(), time.process_time(), 0.0
    for number in range(1, TRIALS.value + 1):
        run_trial(search, search.store.claim(search.study.id, "benchmark", 60.0))
        trial = search.store.trial(search.study.id, number)
        spent = f"{(time.monotonic() - begin) / 60:>9.2f}{(time.process_time() - processor) / 60:>11.2f}"
        if trial.result is None:
            print(f"{number:>5}{spent}  {trial.error}", flush=True)
            continue
        result = trial.result
        best = max(best, result.objective)
        rate = trial.suggestion.hyperparameters["learning_rate"]
        row = f"{number:>5}{spent}{result.objective:>10.4f}{best:>8.4f}{result.seconds:>9.1f}"
        print(f"{row}{result.parameters:>12,}  {rate:.4f}  {' '.join(trial.architecture)}", flush=True)


def main(_: list[str]) -> None:
    load_plugins()
    with tempfile.TemporaryDirectory() as folder:
        search = opened(folder)
        print_curve(search)
        conclude(search)
        if TEST.value:
            metrics = json.loads((Path(folder) / TEST_FILE).read_text())["metrics"]
            print(f"test accuracy {metrics['accuracy']:.4f}")
        search.store.close()


if __name__ == "__main__":
    app.run(main)
