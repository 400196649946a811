"""Trials per hour of one trainer and of two, with one thread each.

    python benchmarks/scaling.py [--trials=40] [--train_steps=2000] [--trainers=2]

Needs as many idle cores as trainers. Both searches have the same seed, data and steps and a fresh model directory;
random search, so that they train alike. What counts is the time in which all trainers are at work, from the first
report after all have begun: starting TensorFlow and the last trials are left out.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from absl import app, flags

from model_search.handle import StudyHandle, load
from model_search.study import TrialState

TRIALS = flags.DEFINE_integer("trials", 40, "Trials of each search.", lower_bound=2)
STEPS = flags.DEFINE_integer("train_steps", 2000, "Gradient steps of a trial.", lower_bound=1)
TRAINERS = flags.DEFINE_integer("trainers", 2, "Trainers of the second search.", lower_bound=2)
# Asking is work, too, on a machine with as many cores as trainers.
PAUSE = 0.1
SPEC = """
problem_type: DNN
search_type: NONADAPTIVE_RANDOM_SEARCH
minimum_depth: 3
blocks_to_use: "FIXED_OUTPUT_FULLY_CONNECTED_128"
blocks_to_use: "FIXED_OUTPUT_FULLY_CONNECTED_64"
learning_spec { min_learning_rate: 1e-3 max_learning_rate: 1e-2 optimizers: "adam" }
"""


def trials_per_hour(folder: Path, trainers: int) -> float:
    """Rate of a whole search, from the moment when its trainers have opened the study."""
    (folder / "spec.pbtxt").write_text(SPEC)
    model_dir = folder / f"{trainers}"
    command = [sys.executable, "-P", "-m", "model_search.trainers.main", "train", f"--spec={folder}/spec.pbtxt",
               "--dataset=digits", f"--train_steps={STEPS.value}", f"--max_trials={TRIALS.value}", "--norefit",
               f"--num_trainers={trainers}", "--threads_per_trainer=1", f"--model_dir={model_dir}"]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while not (model_dir / "study.json").exists():
        assert process.poll() is None, "the search did not start"
        time.sleep(0.1)
    handle = load(str(model_dir))
    while sum(handle.store.counts(handle.study.id).values()) < trainers:
        time.sleep(PAUSE)
    before = reported(handle, process, done(handle) + 1)
    begin = time.monotonic()
    after = reported(handle, process, TRIALS.value - trainers + 1)
    seconds = time.monotonic() - begin
    process.wait()
    handle.store.close()
    return 3600 * (after - before) / seconds


def reported(handle: StudyHandle, process: subprocess.Popen, count: int) -> int:
    """Waits until so many trials have completed; how many have."""
    while (found := done(handle)) < count:
        assert process.poll() is None or done(handle) == TRIALS.value, "the search failed"
        time.sleep(PAUSE)
    return found


def done(handle: StudyHandle) -> int:
    return handle.store.counts(handle.study.id)[TrialState.COMPLETED]


def main(_: list[str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        one = trials_per_hour(Path(name), 1)
        several = trials_per_hour(Path(name), TRAINERS.value)
    print(f"trials per hour: 1 trainer {one:.0f}, {TRAINERS.value} trainers {several:.0f}; {several / one:.2f} times")


if __name__ == "__main__":
    app.run(main)
