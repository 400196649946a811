"""Resident memory while a file larger than what is held in memory streams through training.

    python benchmarks/streaming.py [--rows=10_000_000] [--folder=PATH]
    python benchmarks/streaming.py --megabytes=500 --steps=300 --batch_size=32 [--folder=PATH]

Writes a CSV file of numbers, words and a label (about 40 bytes a row; kept in `--folder` for the next run), or a text
of so many megabytes, of which each next word is predicted. Trains one network, on every training row once if no steps
are given, and prints the seconds and the memory of the passes before training, the memory every tenth of the training
and the examples read a second.
"""

import os
import tempfile
import threading
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import psutil
from absl import app, flags

from model_search.data.provider import DataOptions, Provider
from model_search.data.tables.csv_provider import csv_provider
from model_search.data.texts.text_lines import lines_provider
from model_search.open_search import SearchConfig, open_search
from model_search.plugins import load_plugins
from model_search.run_trial import run_trial
from model_search.spec import complete, load_spec, validate
from model_search.training.options import TrainingOptions

ROWS = flags.DEFINE_integer("rows", 10_000_000, "Rows of the file.", lower_bound=1000)
MEGABYTES = flags.DEFINE_integer("megabytes", 0, "Size of a text; 0 for a CSV file.", lower_bound=0)
STEPS = flags.DEFINE_integer("steps", 0, "Steps of the training; 0 for every training example once.", lower_bound=0)
FOLDER = flags.DEFINE_string("folder", "", "Where the file is kept; by default a temporary folder.")
BATCH = flags.DEFINE_integer("batch_size", 1024, "Examples of a step.", lower_bound=1)

CHUNK = 200_000
WORDS = np.array(["red", "green", "blue", "black", "white", "grey"])


def write_rows(path: Path, rows: int) -> None:
    """A label that follows two of the numbers and a word, with noise."""
    rng = np.random.default_rng(0)
    with path.open("w") as file:
        file.write("a,b,c,colour,label\n")
        for start in range(0, rows, CHUNK):
            count = min(CHUNK, rows - start)
            a, b, c = rng.normal(size=(3, count))
            words = rng.integers(len(WORDS), size=count)
            positive = a + 0.5 * b * (words < 3) + rng.normal(scale=0.5, size=count) > 0
            columns = [np.char.mod("%.5f", values) for values in (a, b, c)] + [
                WORDS[words],
                np.where(positive, "yes", "no"),
            ]
            file.writelines(",".join(row) + "\n" for row in zip(*columns, strict=True))


def write_text(path: Path, megabytes: int) -> None:
    """Words of a made-up language whose frequencies fall with their rank, each of which tells something of the next."""
    rng = np.random.default_rng(0)
    letters = np.array(list("etaoinshrdlu"))
    words = np.array(["".join(rng.choice(letters, size=rng.integers(2, 9))) for _ in range(200_000)])
    with path.open("w") as file:
        while file.tell() < megabytes << 20:
            ranks = rng.zipf(1.2, size=CHUNK) % len(words)
            ranks[1::2] = (ranks[::2] * 7 + 1) % len(words)
            file.write(" ".join(words[ranks]) + ".\n")


class Watch(threading.Thread):
    """Samples the resident memory of this process, in MiB, once a second."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.samples: list[tuple[float, float]] = []
        self._done = threading.Event()

    def run(self) -> None:
        """Samples until the end."""
        process = psutil.Process()
        while not self._done.wait(1.0):
            self.samples.append((time.monotonic(), process.memory_info().rss / 2**20))

    def end(self) -> None:
        """Stops sampling."""
        self._done.set()
        self.join()


def open_data(folder: Path) -> tuple[Provider, str]:
    """The provider of the file, which is written where it is missing, and the spec for it."""
    is_text = MEGABYTES.value > 0
    path = folder / (f"text_{MEGABYTES.value}.txt" if is_text else f"rows_{ROWS.value}.csv")
    if not path.exists():
        write_text(path, MEGABYTES.value) if is_text else write_rows(path, ROWS.value)
    print(f"{path.name}: {path.stat().st_size / 2**20:.0f} MiB", flush=True)
    begin = time.monotonic()
    if is_text:
        provider: Provider = lines_provider(DataOptions(filename=str(path), validation_fraction=0.001))
    else:
        provider = csv_provider(DataOptions(filename=str(path), label="label", validation_fraction=0.01))
    print("\n".join(provider.describe().notes))
    print(f"statistics: {time.monotonic() - begin:.0f} s", flush=True)
    return provider, "text_all" if is_text else "dnn"


def main(_: list[str]) -> None:
    load_plugins()
    with tempfile.TemporaryDirectory() as temporary:
        watch = Watch()
        watch.start()
        provider, name = open_data(Path(FOLDER.value or temporary))
        watch.end()
        print(f"peak before training: {max(memory for _, memory in watch.samples):.0f} MiB")
        spec = complete(load_spec(name))
        validate(spec)
        steps = STEPS.value or (provider.describe().train_examples or 0) // BATCH.value
        training = TrainingOptions(train_steps=steps, batch_size=BATCH.value)
        config = SearchConfig(spec, provider, str(Path(temporary) / "study"), max_trials=1, training=training)
        search = open_search(config)
        watch = Watch()
        watch.start()
        begin = time.monotonic()
        claim = search.store.claim(search.study.id, "benchmark", 60.0)
        assert claim is not None
        run_trial(search, claim)
        seconds = time.monotonic() - begin
        watch.end()
        report(watch.samples, steps * BATCH.value, seconds)
        metrics = search.store.best(search.study.id, 1)[0].result.metrics
        print(f"accuracy {metrics['accuracy']:.4f}")


def report(samples: list[tuple[float, float]], examples: int, seconds: float) -> None:
    """Prints the memory over time, and its change from the second tenth on, when everything has been loaded."""
    tenths = np.array_split(np.array([memory for _, memory in samples]), 10)
    peaks = [float(tenth.max()) for tenth in tenths if len(tenth)]
    print("peak MiB by tenth of the training: " + " ".join(f"{peak:.0f}" for peak in peaks))
    print(f"from the second tenth to the last: {100 * (peaks[-1] / peaks[1] - 1):+.1f} %")
    print(f"{examples / seconds:,.0f} examples a second, {seconds:.0f} s")


if __name__ == "__main__":
    app.run(main)
