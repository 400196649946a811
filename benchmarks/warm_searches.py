"""Steps that a search needs to the accuracy that the same search reaches without weight sharing.

    python benchmarks/warm_searches.py [--data=digits] [--seeds=5] [--trials=20] [--steps=50]
    python benchmarks/warm_searches.py --data=spoken_digits --recordings=PATH/recordings
    python benchmarks/warm_searches.py --data=adult --adult=PATH/adult-train.csv

Each seed has one split and two searches of the bundled spec without ensembles and students: cold, and with SNAPSHOT.
The goal is the mean over seeds of the best accuracy that cold searches end with; counted are the gradient steps until
the mean best accuracy so far is there. A line of JSON a search goes to the results file; what is in it is not done
again. Then the ratio of steps, warm to cold, with a 95 % interval over resampled seeds (bootstrap, percentiles), and
the difference of the best accuracies with one of Student's t. Where trials are short, a child goes on where its parent
ended; where they are long enough for a network to learn all that it can, there is nothing to gain.
"""

import json
import os
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
from absl import app, flags
from scipy import stats
from steps_ratio import interval, ratio
from weight_sharing import DATA, SEEDS, SPECS, STEPS, provider_for

from model_search.open_search import SearchConfig, open_search
from model_search.plugins import load_plugins
from model_search.proto.search_spec_pb2 import ProblemType, TransferLearningSpec
from model_search.spec import complete, load_spec
from model_search.trainer import work
from model_search.training.options import TrainingOptions

TRIALS = flags.DEFINE_integer("trials", 20, "Trials of a search.", lower_bound=2)
SEARCHES = flags.DEFINE_string("searches", "warm_searches.jsonl", "File that results are added to.")


def run(seed: int, is_warm: bool) -> dict[str, object]:
    """One search: the accuracies of its trials by number."""
    spec = load_spec(SPECS[DATA.value][0])
    # Ensembles and students would hide what the start of a network is worth.
    spec.ClearField("ensemble_spec")
    spec.ClearField("distillation_spec")
    if is_warm:
        spec.transfer_learning_spec.transfer_learning_type = TransferLearningSpec.SNAPSHOT_TRANSFER_LEARNING
    spec = complete(spec)
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


def summary(rows: list[dict[str, object]]) -> None:
    """Prints the ratio with its interval over resampled seeds, and the best accuracies."""
    of_seed: dict[object, dict[object, np.ndarray]] = {}
    for row in rows:
        of_seed.setdefault(row["seed"], {})[row["is_warm"]] = np.maximum.accumulate(row["accuracies"])  # type: ignore
    pairs = np.array([(pair[False], pair[True]) for pair in of_seed.values() if len(pair) == 2])
    if len(pairs) < 2:
        return
    cold, warm = pairs[:, 0], pairs[:, 1]
    gains = warm[:, -1] - cold[:, -1]
    half = stats.t.ppf(0.975, len(gains) - 1) * gains.std(ddof=1) / len(gains) ** 0.5
    low, high = interval(cold, warm)
    print(
        f"{DATA.value}, {rows[0]['steps']} steps a trial, {len(pairs)} seeds: steps {ratio(cold, warm):.3f} of cold"
        f" (95 %: {low:.3f} to {high:.3f}); best accuracy {cold[:, -1].mean():.4f} cold, {warm[:, -1].mean():.4f} warm:"
        f" {gains.mean():+.4f} +-{half:.4f}",
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
