"""Test scores of searches on tables, beside scikit-learn on the same splits.

    python benchmarks/tabular.py --data=digits,breast_cancer [--splits=5] [--trials=20] [--steps=500]
    python benchmarks/tabular.py --data=abalone --abalone=PATH/abalone.csv
    python benchmarks/tabular.py --data=adult --adult_folder=PATH

Each split writes the rows into two CSV files, a test file of 20 % (stratified for classes) and the rest. A search gets
the rest, of which it holds out what it selects by, and the test file, which is scored once at the end. scikit-learn's
models, with their defaults, train on all of the rest. Scores are accuracy, and R2 for abalone. Adult has a test file
of its own, given as `--validation_filename`: its splits are runs of other seeds, and the score is the one selected by.
"""

import json
import os
import tempfile
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import pandas as pd
from absl import app, flags
from sklearn import datasets
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from model_search.api import search
from model_search.data.provider import DataOptions
from model_search.data.tables.csv_provider import csv_provider
from model_search.model_dir import TEST_FILE

DATA = flags.DEFINE_list("data", ["digits", "breast_cancer"], "Of digits, breast_cancer, abalone, adult.")
SPLITS = flags.DEFINE_integer("splits", 5, "Splits, each with a search and scikit-learn.", lower_bound=1)
FIRST = flags.DEFINE_integer("first_split", 0, "Number of the first split, which is its seed.", lower_bound=0)
TRIALS = flags.DEFINE_integer("trials", 0, "Trials of a search; 0 for 12 on adult and 20 elsewhere.", lower_bound=0)
STEPS = flags.DEFINE_integer("steps", 500, "Gradient steps of a trial.", lower_bound=1)
BATCH = flags.DEFINE_integer("batch_size", 0, "Examples of a step; 0 for 256 on adult and 32 elsewhere.", lower_bound=0)
SPEC = flags.DEFINE_string("spec", "dnn", "Bundled name or path.")
METRIC = flags.DEFINE_string("metric", "", "What ranks trials; empty for the default.")
ABALONE = flags.DEFINE_string("abalone", "", "Path of abalone.csv.")
ADULT = flags.DEFINE_string("adult_folder", "", "Folder of adult-train.csv and adult-test.csv.")

TEST_SHARE = 0.2


@dataclass(frozen=True)
class Files:
    """The files of one split; `is_given` where the test file is what trials are ranked by."""

    train: str
    test: str
    seed: int
    is_given: bool = False


def frame_of(name: str) -> pd.DataFrame:
    """All rows of a data set, the label last."""
    if name == "abalone":
        return pd.read_csv(ABALONE.value, header=None).rename(columns=lambda place: f"column_{place}")
    loaders = {"digits": datasets.load_digits, "breast_cancer": datasets.load_breast_cancer}
    return loaders[name](as_frame=True).frame


def splits_of(name: str, folder: str) -> Iterator[Files]:
    """Writes the files of each split."""
    for seed in range(FIRST.value, FIRST.value + SPLITS.value):
        if name == "adult":
            root = Path(ADULT.value)
            yield Files(str(root / "adult-train.csv"), str(root / "adult-test.csv"), seed, is_given=True)
            continue
        frame = frame_of(name)
        strata = None if name == "abalone" else frame.iloc[:, -1]
        parts = train_test_split(frame, test_size=TEST_SHARE, random_state=seed, stratify=strata)
        paths = [os.path.join(folder, f"{part}_{seed}.csv") for part in ("train", "test")]
        for part, path in zip(parts, paths, strict=True):
            part.to_csv(path, index=False)
        yield Files(*paths, seed)


def searched(name: str, files: Files, model_dir: str) -> float:
    """Score of the best trial of a search on the test file."""
    task = "regression" if name == "abalone" else "classification"
    test = {"validation_filename": files.test} if files.is_given else {"test_filename": files.test}
    options = DataOptions(filename=files.train, label="-1", task=task, seed=files.seed, **test)
    handle = search(
        csv_provider(options),
        SPEC.value,
        model_dir=model_dir,
        max_trials=TRIALS.value or (12 if name == "adult" else 20),
        train_steps=STEPS.value,
        batch_size=BATCH.value or (256 if name == "adult" else 32),
        seed=files.seed,
        metric=METRIC.value,
    )
    if files.is_given:
        return handle.best_trial().result.metrics["accuracy"]
    metrics = json.loads((Path(model_dir) / TEST_FILE).read_text())["metrics"]
    return metrics["r2" if name == "abalone" else "accuracy"]


def baselines(name: str, seed: int) -> dict[str, object]:
    """scikit-learn's models, on standardised numbers and one-hot words where that matters."""
    words = (OneHotEncoder(handle_unknown="ignore", sparse_output=False), make_column_selector(dtype_exclude="number"))
    encoded = (words, (StandardScaler(), make_column_selector(dtype_include="number")))
    if name == "abalone":
        models = {"ridge": Ridge(), "boosting": HistGradientBoostingRegressor(random_state=seed)}
    else:
        models = {"logistic": LogisticRegression(max_iter=10_000)}
        if name == "adult":
            models["boosting"] = HistGradientBoostingClassifier(random_state=seed)
        else:
            models["forest"] = RandomForestClassifier(random_state=seed)
            models["mlp"] = MLPClassifier(max_iter=5_000, random_state=seed)
    return {title: make_pipeline(make_column_transformer(*encoded), model) for title, model in models.items()}


def rows_of(path: str, is_given: bool) -> tuple[pd.DataFrame, pd.Series]:
    """Features and labels of a file, as scikit-learn takes them."""
    frame = pd.read_csv(path, header=None if is_given else "infer", skipinitialspace=True)
    labels = frame.iloc[:, -1]
    return frame.iloc[:, :-1], labels.str.rstrip(".") if is_given else labels


def measure(name: str) -> None:
    """Prints a row a split, and their mean."""
    scores: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        for files in splits_of(name, folder):
            begin = time.perf_counter()
            row = {"search": searched(name, files, os.path.join(folder, f"search_{files.seed}"))}
            seconds = time.perf_counter() - begin
            train, test = (rows_of(path, files.is_given) for path in (files.train, files.test))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                row |= {title: m.fit(*train).score(*test) for title, m in baselines(name, files.seed).items()}
            scores.append(row | {"seconds": seconds})
            if len(scores) == 1:
                print(f"\n{name}\n{'split':<6}" + "".join(f"{title:>10}" for title in scores[0]))
            print(f"{files.seed:<6}" + "".join(f"{value:10.4f}" for value in scores[-1].values()), flush=True)
    print(
        f"{'mean':<6}" + "".join(f"{np.mean([row[title] for row in scores]):10.4f}" for title in scores[0]), flush=True
    )


def main(_: list[str]) -> None:
    for name in DATA.value:
        measure(name)


if __name__ == "__main__":
    app.run(main)
