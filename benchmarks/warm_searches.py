"""Steps that a search needs to the accuracy that the same search reaches without weight sharing.

    python benchmarks/warm_searches.py [--data=digits] [--seeds=5] [--trials=6] [--searches=warm_searches.jsonl]
    python benchmarks/warm_searches.py --data=spoken_digits --recordings=PATH/recordings
    python benchmarks/warm_searches.py --data=adult --adult=PATH/adult-train.csv

Each seed has one split and two searches of the bundled spec: cold, and with SNAPSHOT. Counted are the gradient steps of
all trials up to the first whose accuracy on the held-out part is that of the best cold trial; a search that never gets
there counts with all its steps. Trials are short, as those that rank towers are: a child goes on where its parent
ended. A line of JSON a search goes to the results file; what is in it is not done again. Then the mean ratio of steps,
warm to cold, with a 95 % interval over seeds (Student's t).
"""

import json
import os
import tempfile
from statistics import fmean, stdev

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from absl import app, flags
from scipy import stats
from weight_sharing import DATA, SEEDS, SPECS, STEPS, provider_for, spec_for

from model_search.open_search import SearchConfig, open_search
from model_search.plugins import load_plugins
from model_search.proto.search_spec_pb2 import ProblemType
from model_search.trainer import work
from model_search.training.options import TrainingOptions

TRIALS = flags.DEFINE_integer("trials", 6, "Trials of a search.", lower_bound=2)
SEARCHES = flags.DEFINE_string("searches", "warm_searches.jsonl", "File that results are added to.")


def run(seed: int, is_warm: bool) -> dict[str, object]:
    """One search: the accuracies of its trials by number."""
    spec = spec_for()
    if not is_warm:
        spec.ClearField("transfer_learning_spec")
    _, batch_size, steps = SPECS[DATA.value]
    training = TrainingOptions(train_steps=STEPS.value or steps, batch_size=batch_size)
    with tempfile.TemporaryDirectory() as folder:
        provider = provider_for(seed, ProblemType.Name(spec.problem_type))
        config = SearchConfig(spec, provider, folder, max_trials=TRIALS.value, seed=seed, training=training)
        search = open_search(config)
        work(search, "benchmark", 600.0)
        trials = search.store.trials(search.study.id)
        accuracies = [trial.result.objective if trial.result else 0.0 for trial in trials]
        search.store.close()
    return {
        "data": DATA.value, "seed": seed, "is_warm": is_warm, "trials": TRIALS.value, "steps": training.train_steps,
        "accuracies": accuracies,
    }  # fmt: skip


def trials_to(accuracies: list[float], goal: float) -> int:
    """The first trial, from 1, whose accuracy is the goal or above; all of them where there is none."""
    return next((number for number, value in enumerate(accuracies, 1) if value >= goal), len(accuracies))


def summary(rows: list[dict[str, object]]) -> None:
    """Prints the mean ratio, with its interval, and the best accuracies."""
    of_seed: dict[object, dict[object, list[float]]] = {}
    for row in rows:
        of_seed.setdefault(row["seed"], {})[row["is_warm"]] = row["accuracies"]  # type: ignore[assignment]
    pairs = [(pair[False], pair[True]) for pair in of_seed.values() if len(pair) == 2]
    ratios = [trials_to(warm, max(cold)) / trials_to(cold, max(cold)) for cold, warm in pairs]
    gains = [max(warm) - max(cold) for cold, warm in pairs]
    if len(pairs) > 1:
        half = stats.t.ppf(0.975, len(ratios) - 1) * stdev(ratios) / len(ratios) ** 0.5
        print(
            f"{DATA.value}: steps {fmean(ratios):.3f} of cold (95 %: +-{half:.3f}, {len(ratios)} seeds); best accuracy"
            f" {fmean(gains):+.4f}; reached by {fmean(gain >= 0 for gain in gains):.0%}",
            flush=True,
        )


def main(_: list[str]) -> None:
    """Adds what is missing to the results, then prints the summary."""
    load_plugins()
    rows = []
    if os.path.exists(SEARCHES.value):
        with open(SEARCHES.value, encoding="utf-8") as file:
            rows = [row for row in map(json.loads, file) if row["data"] == DATA.value]
    for seed in range(SEEDS.value):
        for is_warm in (False, True):
            if not any((row["seed"], row["is_warm"]) == (seed, is_warm) for row in rows):
                rows.append(run(seed, is_warm))
                with open(SEARCHES.value, "a", encoding="utf-8") as file:
                    file.write(json.dumps(rows[-1]) + "\n")
        summary(rows)


if __name__ == "__main__":
    app.run(main)
