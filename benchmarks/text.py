"""Searches on one work: its next word, its next character, and which of its books a passage is from.

    python benchmarks/text.py --book=PATH/plato_republic.txt [--tasks=words,characters,books,halves] [--trials=6]

The book is Plato's Republic in Jowett's translation (Project Gutenberg number 1497). Words and characters are predicted
in its last fifth; beside the perplexity of the best network stands that of who knows only how often each token occurs.
For `books` and `halves`, the dialogue is cut at its headings into books, and these into passages of 60 words: are they
of book I or book X; of books I to V, or of VI to X? A fifth of the passages is held out; beside the accuracy of the
best network stands that of scikit-learn's logistic regression on TF-IDF weights of words and pairs of words. Trials are
ranked by the held-out text, so that the best is a little too good.
"""

import os
import re
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import tensorflow as tf
from absl import app, flags
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from model_search.api import search
from model_search.data.provider import DataOptions, Provider
from model_search.data.texts.text_directory import text_provider
from model_search.data.texts.text_lines import lines_provider

BOOK = flags.DEFINE_string("book", None, "Path of the text.", required=True)
TASKS = flags.DEFINE_list("tasks", ["words", "characters", "books", "halves"], "Of words, characters, books, halves.")
TRIALS = flags.DEFINE_integer("trials", 6, "Trials of a search.", lower_bound=1)
STEPS = flags.DEFINE_integer("steps", 500, "Gradient steps of a trial.", lower_bound=1)
BATCH = flags.DEFINE_integer("batch_size", 16, "Examples of a step.", lower_bound=1)
SEED = flags.DEFINE_integer("seed", 0, "Of the split and the search.", lower_bound=0)

PASSAGE = 60
HEADING = re.compile(r"^BOOK [IVX]+\.$", re.MULTILINE)


CLASSES = {
    "books": {"first": [0], "last": [9]},
    "halves": {"first": [0, 1, 2, 3, 4], "second": [5, 6, 7, 8, 9]},
}
"""Books of each class, counted from 0, by task."""


def write_books(work: str, folder: Path, classes: dict[str, list[int]]) -> None:
    """Writes the books of each class as `<class>/<n>.txt`."""
    end = work.find("*** END OF")
    books = HEADING.split(work[: end if end > 0 else None])[1:]
    for name, numbers in classes.items():
        (folder / name).mkdir()
        for number in numbers:
            (folder / name / f"{number + 1}.txt").write_text(books[number])


def provider_of(task: str, folder: Path) -> Provider:
    """The data of a task."""
    if task not in CLASSES:
        return lines_provider(DataOptions(filename=BOOK.value, tokens=task.removesuffix("s"), seed=SEED.value))
    write_books(Path(BOOK.value).read_text(encoding="utf-8"), folder, CLASSES[task])
    options = DataOptions(
        filename=str(folder), sequence_length=PASSAGE, problem_type="RNN_LAST_ACTIVATIONS", seed=SEED.value
    )
    return text_provider(options)


def linear_accuracy(provider: Provider) -> float:
    """Of logistic regression on the same split."""
    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LogisticRegression(C=10))
    model.fit(*texts_of(provider.train()))
    return float(model.score(*texts_of(provider.evaluation())))


def texts_of(examples: tf.data.Dataset) -> tuple[list[str], list[int]]:
    """Texts and classes."""
    found = [(x["text"].decode(), int(label)) for x, label, _ in examples.unbatch().as_numpy_iterator()]
    return [text for text, _ in found], [label for _, label in found]


def measure(task: str) -> None:
    """Prints all trials of a search, what they are to be held against, and the time."""
    metric = "accuracy" if task in CLASSES else "perplexity"
    with tempfile.TemporaryDirectory() as texts, tempfile.TemporaryDirectory() as folder:
        provider = provider_of(task, Path(texts))
        notes = "; ".join(provider.describe().notes)
        if task in CLASSES:
            notes += f"; logistic regression has accuracy {linear_accuracy(provider):.4f}"
        begin = time.perf_counter()
        handle = search(
            provider,
            "text_last" if task in CLASSES else "text_all",
            model_dir=folder,
            max_trials=TRIALS.value,
            train_steps=STEPS.value,
            batch_size=BATCH.value,
            seed=SEED.value,
            metric=metric,
            refit=False,
        )
    print(f"\n{task}: {time.perf_counter() - begin:.0f} s; {notes}")
    print(f"{'trial':<6}{metric:>11}{'parameters':>12}{'s':>6}")
    for trial in handle.trials():
        if (result := trial.result) is not None and metric in result.metrics:
            score = f"{result.metrics[metric]:11.4f}"
            print(f"{trial.number:<6}{score}{result.parameters:12,}{result.seconds:6.0f}  {trial.architecture}")
    print(f"best{handle.best_trial().result.metrics[metric]:13.4f}", flush=True)


def main(_: list[str]) -> None:
    for task in TASKS.value:
        measure(task)


if __name__ == "__main__":
    app.run(main)
