"""A small network with and without a teacher, of equal size, steps, first weights and order of examples.

    python benchmarks/distillation.py --data=digits [--seeds=5] [--first_seed=0]
    python benchmarks/distillation.py --data=spoken --archive=PATH/fsdd_wav.tar.gz
    python benchmarks/distillation.py --data=adult --adult=PATH/adult-train.csv
    python benchmarks/distillation.py --lessons=CROSS_ENTROPY:1,CROSS_ENTROPY:2,MSE_LOGITS:1,ADAPTIVELY_BALANCE_LOSSES:1

Each seed draws its own rows to train on and to test by. Three larger networks learn from the labels; the mean of their
logits is the teacher, as for a trial whose teacher is an ensemble. One student learns from the labels, the others by a
loss and a temperature each (lambda is 1). Nothing is selected by the test rows: lessons are to be chosen with other
seeds. A line of JSON a seed, then the means of the paired differences of test accuracy with 95 % intervals of Student's
t distribution.

Spoken digits are log-mel spectrograms, averaged over 16 parts of the time and 20 bands. Adult has few rows to train on,
since it is there that a teacher has something to give.
"""

import json
import os
import tarfile
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from absl import app, flags
from scipy.stats import t as student_t
from sklearn.datasets import load_digits

from model_search.architecture import Architecture
from model_search.data.arrays.arrays import provider_from
from model_search.data.pipeline import Pipeline
from model_search.data.provider import DataOptions, Provider
from model_search.data.sounds.audio_directory import audio_provider
from model_search.network.heads import head_of
from model_search.network.tower import Tower, build_tower
from model_search.plugins import load_plugins
from model_search.proto.search_spec_pb2 import DistillationSpec
from model_search.spec import complete, parse_spec
from model_search.spec.distillation import Lesson
from model_search.study import Suggestion
from model_search.training.fit import Fit, fit
from model_search.training.metrics import evaluate
from model_search.training.options import TrainingOptions
from model_search.training.teaching import Teaching

DATA = flags.DEFINE_enum("data", "digits", ["digits", "spoken", "adult"], "Which data.")
SEEDS = flags.DEFINE_integer("seeds", 5, "Splits, each with its networks.", lower_bound=2)
FIRST = flags.DEFINE_integer("first_seed", 0, "Of the first split.", lower_bound=0)
STEPS = flags.DEFINE_integer("steps", 600, "Gradient steps of each network.", lower_bound=1)
ROWS = flags.DEFINE_integer("rows", 0, "To train on; 0: 400 of digits, 800 of spoken digits, 1000 of adult.")
TEST_ROWS = flags.DEFINE_integer("test_rows", 10_000, "To test by, at most: all others.", lower_bound=1)
LESSONS = flags.DEFINE_list("lessons", ["CROSS_ENTROPY:1"], "Losses with their temperatures.")
STUDENT = flags.DEFINE_list("student", [], "Blocks of the student; by default BOTTLENECK_32.")
MEMBERS = flags.DEFINE_integer("members", 3, "Networks of the teacher.", lower_bound=1)
ARCHIVE = flags.DEFINE_string("archive", "", "Path of fsdd_wav.tar.gz.")
ADULT = flags.DEFINE_string("adult", "", "Path of adult-train.csv.")

TEACHER = Architecture(("FIXED_OUTPUT_FULLY_CONNECTED_256", "FIXED_OUTPUT_FULLY_CONNECTED_256", "IDENTITY"))
VALUES = {"learning_rate": 4e-3, "optimizer": "adam"}
SPEC = """problem_type: DNN blocks_to_use: "BOTTLENECK_32"
    learning_spec { apply_cosine_decay: true lr_warmup_steps: 20 }"""
BATCH = 32


@dataclass(frozen=True)
class Split:
    """The data of one seed, and its test rows encoded."""

    pipeline: Pipeline
    test: tuple[Any, np.ndarray, np.ndarray]
    seed: int


def rows_of(name: str) -> tuple[Any, np.ndarray]:
    """All features and labels."""
    if name == "digits":
        loaded = load_digits()
        return loaded.data.astype(np.float32), loaded.target
    if name == "adult":
        frame = pd.read_csv(ADULT.value, header=None, skipinitialspace=True).rename(columns=lambda c: f"c{c}")
        return frame.iloc[:, :-1], frame.iloc[:, -1].to_numpy()
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(ARCHIVE.value) as tar:
            tar.extractall(folder, filter="data")
        recordings = str(next(Path(folder).rglob("*.wav")).parent)
        options = DataOptions(filename=recordings, label_pattern=r"^(\d)_", problem_type="CNN")
        pipeline = Pipeline(audio_provider(options), BATCH)
        parts = [pipeline.train_arrays(), pipeline.evaluation_arrays()]
    x, y = (np.concatenate([getattr(part, field) for part in parts]) for field in ("x", "y"))
    frames, bins = x.shape[1] // 16, x.shape[2] // 20
    plates = x[:, : 16 * frames, : 20 * bins].reshape(-1, 16, frames, 20, bins).mean((2, 4))
    return plates.reshape(len(y), -1), y


def split_of(x: Any, y: np.ndarray, train: int, seed: int) -> Split:
    """Rows to train on, as many again that nothing uses here, and rows to test by, drawn from the seed."""
    order = np.random.default_rng(seed).permutation(len(y))
    ends = (0, train, train + train // 2, train + train // 2 + TEST_ROWS.value)
    parts = [order[begin:end] for begin, end in pairwise(ends)]
    take = (lambda rows: x.iloc[rows].reset_index(drop=True)) if isinstance(x, pd.DataFrame) else (lambda rows: x[rows])
    given = [(take(rows), y[rows]) for rows in parts]
    options = DataOptions(task="classification", problem_type="DNN", seed=seed)
    provider: Provider = provider_from(given[0], validation_data=given[1], test_data=given[2], options=options)
    pipeline = Pipeline(provider, BATCH)
    raw = provider.test()
    assert raw is not None
    batches = [(np.asarray(pipeline.encoder(f)), y.numpy(), w.numpy()) for f, y, w in raw]
    x_test, y_test, w_test = (np.concatenate(part) for part in zip(*batches, strict=True))
    return Split(pipeline, (x_test, y_test, w_test), seed)


def trained(split: Split, blocks: Architecture, seed: int, dropout: float, teaching: Teaching | None = None) -> Tower:
    """A network after its training."""
    spec, values = complete(parse_spec(SPEC, "of the benchmark")), {**VALUES, "dropout_rate": dropout}
    keras.utils.set_random_seed(seed)
    tower = build_tower(blocks, values, split.pipeline.encoding, head_of(spec, split.pipeline.task))
    with tempfile.TemporaryDirectory() as folder:
        plan = Fit(
            spec, Suggestion(blocks, values), split.pipeline, TrainingOptions(STEPS.value, BATCH),
            tf.distribute.get_strategy(), STEPS.value, seed, os.path.join(folder, "checkpoint.npz"), teaching=teaching,
        )  # fmt: skip
        fit(plan, tower, lambda step, loss: None)
    return tower


def logits(tower: Tower, x: Any) -> np.ndarray:
    """Outputs for encoded rows."""
    return np.concatenate([np.asarray(tower.model(x[i : i + 4096])) for i in range(0, len(x), 4096)])


def scores(split: Split, outputs: np.ndarray, name: str) -> dict[str, float]:
    """Accuracy and loss on the test rows."""
    metrics = evaluate(split.pipeline.task, outputs, *split.test[1:])
    return {name: round(metrics["accuracy"], 5), f"{name} loss": round(metrics["loss"], 5)}


def measured(split: Split) -> dict[str, float]:
    """Test scores of the teacher, of the student alone, and of the student with each lesson."""
    arrays = split.pipeline.train_arrays()
    assert arrays is not None
    members = [trained(split, TEACHER, 1000 * (split.seed + 1) + i, 0.4) for i in range(MEMBERS.value)]
    found: dict[str, float] = {"teacher_parameters": sum(member.parameters for member in members)}
    found |= scores(split, np.mean([logits(member, split.test[0]) for member in members], axis=0), "teacher")
    outputs = np.mean([logits(member, arrays.x) for member in members], axis=0)
    student = Architecture(tuple(STUDENT.value or ["BOTTLENECK_32"]))
    for text in ["alone", *LESSONS.value]:
        name, _, temperature = text.partition(":")
        teaching = None
        if name != "alone":
            kind = DistillationSpec.DistillationType.Value(name)
            teaching = Teaching(Lesson(kind, float(temperature or 1)), outputs)
        tower = trained(split, student, split.seed, -1.0, teaching)
        found["parameters"] = tower.parameters
        found |= scores(split, logits(tower, split.test[0]), text)
        keras.utils.clear_session()
    return found


def interval(differences: Sequence[float]) -> tuple[float, float]:
    """Mean, and half the width of its 95 % interval."""
    spread = float(np.std(differences, ddof=1)) / len(differences) ** 0.5
    return float(np.mean(differences)), float(student_t.ppf(0.975, len(differences) - 1)) * spread


def main(_: list[str]) -> None:
    """Prints a line a seed, and what each lesson gained."""
    load_plugins()
    begin = time.monotonic()
    x, y = rows_of(DATA.value)
    train = ROWS.value or {"digits": 400, "spoken": 800, "adult": 1000}[DATA.value]
    found = []
    for seed in range(FIRST.value, FIRST.value + SEEDS.value):
        found.append(measured(split_of(x, y, train, seed)))
        print(json.dumps({"data": DATA.value, "seed": seed, **found[-1]}), flush=True)
    alone = float(np.mean([row["alone"] for row in found]))
    print(f"{DATA.value}: teacher {np.mean([row['teacher'] for row in found]):.4f}, student alone {alone:.4f}")
    for lesson in LESSONS.value:
        mean, half = interval([row[lesson] - row["alone"] for row in found])
        loss, half_loss = interval([row[f"{lesson} loss"] - row["alone loss"] for row in found])
        print(f"  {lesson}: accuracy {mean:+.4f} +- {half:.4f}, loss {loss:+.4f} +- {half_loss:.4f}")
    print(f"  {time.monotonic() - begin:.0f} s", flush=True)


if __name__ == "__main__":
    app.run(main)
