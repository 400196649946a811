"""Resident memory of a trainer over its trials.

    python benchmarks/memory.py                                   100 tiny trials on digits
    python benchmarks/memory.py --images=FOLDER --validation_images=FOLDER    5 trials of 300 steps on folders of images

Prints the memory after each trial (every tenth of many) and the change from the second trial to the last. The first
trial is left out: it loads data and libraries.
"""

import os
import tempfile
import threading

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import psutil
from absl import app, flags

from model_search.data.provider import DataOptions, providers
from model_search.open_search import SearchConfig, open_search
from model_search.plugins import load_plugins
from model_search.run_trial import run_trial
from model_search.spec import complete, load_spec, validate
from model_search.training.options import TrainingOptions

IMAGES = flags.DEFINE_string("images", "", "Folder with one folder a class; by default digits are used.")
VALIDATION = flags.DEFINE_string("validation_images", "", "The same, to evaluate on.")
TRIALS = flags.DEFINE_integer("trials", 0, "Trials; by default 100, or 5 with images.")
STEPS = flags.DEFINE_integer("steps", 0, "Steps of a trial; by default 20, or 300 with images.")


def open_measured(folder: str):
    spec = complete(load_spec("cnn" if IMAGES.value else "dnn"))
    validate(spec)
    options = DataOptions(filename=IMAGES.value, validation_filename=VALIDATION.value)
    provider = providers["image_directory" if IMAGES.value else "digits"](options)
    training = TrainingOptions(train_steps=STEPS.value or (300 if IMAGES.value else 20), batch_size=32)
    trials = TRIALS.value or (5 if IMAGES.value else 100)
    return open_search(SearchConfig(spec, provider, folder, max_trials=trials, training=training), threading.Event())


def main(_: list[str]) -> None:
    load_plugins()
    process = psutil.Process()
    with tempfile.TemporaryDirectory() as folder:
        search = open_measured(folder)
        trials = search.study.config.max_trials
        memory = []
        for number in range(1, trials + 1):
            claim = search.store.claim(search.study.id, "benchmark", 60.0)
            run_trial(search, claim)
            memory.append(process.memory_info().rss / 2**20)
            if trials <= 10 or number % 10 == 0 or number <= 2:
                trial = search.store.trial(search.study.id, number)
                score = f"{trial.result.objective:.4f} in {trial.result.seconds:.1f} s" if trial.result else trial.error
                print(f"trial {number:>3}: {memory[-1]:7.0f} MiB  {score}", flush=True)
        print(f"streamed: {search.pipeline.train_arrays() is None}")
        print(f"trial 2 to trial {trials}: {100 * (memory[-1] / memory[1] - 1):+.1f}%")
        search.store.close()


if __name__ == "__main__":
    app.run(main)
