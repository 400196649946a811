"""Accuracy of a search on spoken digits, held out at random and by speaker.

    python benchmarks/audio.py --data=PATH/recordings [--splits=random,speakers] [--trials=15] [--steps=400]
    python benchmarks/audio.py --data=PATH/recordings --augment=time_shift,spec_augment

The data are the WAV files of the Free Spoken Digit Dataset (github.com/Jakobovski/free-spoken-digit-dataset), named
<digit>_<speaker>_<number>.wav. A fifth of them is held out, of all speakers or all of some; trials are ranked by it,
so that the accuracy of the best one is a little too good. The time is that of the whole search, reading included.
"""

import os
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from absl import app, flags

from model_search.api import search
from model_search.data.provider import DataOptions
from model_search.data.sounds.audio_directory import audio_provider
from model_search.proto.search_spec_pb2 import ProblemType
from model_search.spec import load_spec

DATA = flags.DEFINE_string("data", None, "Folder of the recordings.", required=True)
SPLITS = flags.DEFINE_list("splits", ["random", "speakers"], "Of random, speakers.")
SPEC = flags.DEFINE_string("spec", "audio", "Bundled name or path.")
TRIALS = flags.DEFINE_integer("trials", 15, "Trials of a search.", lower_bound=1)
STEPS = flags.DEFINE_integer("steps", 400, "Gradient steps of a trial.", lower_bound=1)
AUGMENT = flags.DEFINE_list("augment", [], "Augmentations in training.")
SEED = flags.DEFINE_integer("seed", 0, "Of the split and the search.", lower_bound=0)

GROUPS = {"random": "", "speakers": r"^\d_([a-z]+)_"}


def measure(split: str) -> None:
    """Prints all trials of a search, and the time it took."""
    options = DataOptions(
        filename=DATA.value,
        label_pattern=r"^(\d)_",
        group_pattern=GROUPS[split],
        augment=tuple(AUGMENT.value),
        problem_type=ProblemType.Name(load_spec(SPEC.value).problem_type),
        seed=SEED.value,
    )
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        handle = search(
            audio_provider(options),
            SPEC.value,
            model_dir=folder,
            max_trials=TRIALS.value,
            train_steps=STEPS.value,
            seed=SEED.value,
            refit=False,
        )
    print(f"\n{split}: {time.perf_counter() - begin:.0f} s")
    print(f"{'trial':<6}{'accuracy':>10}{'loss':>8}{'parameters':>12}{'s':>6}")
    for trial in handle.trials():
        if (result := trial.result) is not None and "accuracy" in result.metrics:
            scores = f"{result.metrics['accuracy']:10.4f}{result.metrics['loss']:8.3f}"
            print(f"{trial.number:<6}{scores}{result.parameters:12,}{result.seconds:6.0f}  {trial.architecture}")
    print(f"best{handle.best_trial().result.metrics['accuracy']:12.4f}", flush=True)


def main(_: list[str]) -> None:
    for split in SPLITS.value:
        measure(split)


if __name__ == "__main__":
    app.run(main)
