"""Rules of early stopping on the same trials: searches without stopping, whose networks are evaluated on the way.

    python -m benchmarks.early_stopping_replay --curves=FILE [--seeds=1] [--trials=30] [--images=FOLDER ...]

The data and the searches are those of `early_stopping`, with its flags. Each network is evaluated at every 18th part of
its steps; curves are kept in --curves, a line of JSON a trial; where that file is there nothing is trained. Then the
rules are applied to the trials of each search in --orders random orders, one trial after the other: the share of all
steps that is used, the best accuracy on the held-out part, which ranks, that of this trial on the test part, and
how often it is the trial that is best without stopping. What a search would have proposed otherwise is not in this.
"""

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import fmean

import numpy as np
from absl import app, flags

from benchmarks.early_stopping import BATCH, SEEDS, STEPS, TRIALS, chosen_images, provider_for, spec_for
from model_search import files
from model_search import rungs as at_rungs
from model_search.final_test import _predictions
from model_search.model_file import load_model
from model_search.open_search import SearchConfig, open_search
from model_search.plugins import load_plugins
from model_search.proto.search_spec_pb2 import SearchSpec
from model_search.run_trial import run_trial
from model_search.spec import complete, parse_spec, rungs
from model_search.study import Goal, Objective, TrialState
from model_search.training.early_stopping import falls_behind
from model_search.training.evaluation import evaluated
from model_search.training.options import TrainingOptions

CURVES = flags.DEFINE_string("curves", None, "File of curves.", required=True)
ORDERS = flags.DEFINE_integer("orders", 40, "Random orders of each search's trials.", lower_bound=1)

PARTS = 18
ACCURACY = Objective("accuracy", Goal.MAXIMIZE)
RULES = {
    "successive halving": "rule: SUCCESSIVE_HALVING",
    "successive halving, three go on": "rule: SUCCESSIVE_HALVING minimum_trials: 3",
    "successive halving, four rungs": "rule: SUCCESSIVE_HALVING reduction_factor: 2",
    "median rule": "rule: MEDIAN_RULE",
    "median rule, two rungs": "rule: MEDIAN_RULE reduction_factor: 3",
}


def trained(seed: int, images: str) -> Iterator[dict]:
    """The trials of one search, as they complete."""
    with tempfile.TemporaryDirectory() as folder:
        training = TrainingOptions(train_steps=STEPS.value, batch_size=BATCH.value)
        provider = provider_for(seed, images)
        spec = spec_for("median")
        search = open_search(
            SearchConfig(spec, provider, folder, max_trials=TRIALS.value, seed=seed, training=training)
        )
        while (claim := search.store.claim(search.study.id, "benchmark", 600.0)) is not None:
            run_trial(search, claim)
            trial = search.store.trial(search.study.id, claim.number)
            if trial.state is not TrialState.COMPLETED:
                continue
            model = load_model(files.join(folder, trial.result.model))
            test, _ = evaluated(search.pipeline.task, _predictions(search, model, provider.test()))
            measured = search.store.measurements(search.study.id, trial.number)
            yield {
                "seed": seed,
                "number": trial.number,
                "final": trial.result.objective,
                "loss": trial.result.loss,
                "test": test["accuracy"],
                "curve": [(one.step, one.objective) for one in measured if one.objective is not None],
            }
        search.store.close()


def record(path: Path) -> None:
    """Trains, with a rung at every 18th part, and writes the curves."""
    # No spec has so many rungs, nor rungs at which nobody is stopped.
    at_rungs.rungs = lambda spec, steps, last: tuple(range(steps // PARTS, last, steps // PARTS))
    at_rungs.falls_behind = lambda *_: False
    with chosen_images() as images, path.open("w") as file:
        for seed in range(SEEDS.value):
            for trial in trained(seed, images):
                print(json.dumps(trial), file=file, flush=True)


def replayed(trials: Sequence[dict], spec: SearchSpec, steps: int) -> tuple[float, float, float, dict]:
    """The share of steps used, and the best trial's accuracies and itself."""
    marks = rungs(spec, steps, steps)
    seen: list[dict[int, float]] = [{} for _ in marks]
    used, completed = 0.0, []
    for trial in trials:
        for place, mark in enumerate(marks):
            step, value = min(((one[0], one[1]) for one in trial["curve"]), key=lambda one: abs(one[0] - mark))
            ended = [dict(rung) for rung in seen[: place + 1]]
            seen[place][trial["number"]] = value
            if falls_behind(spec.early_stopping, ACCURACY, trial["number"], seen[: place + 1], ended):
                used += step / steps
                break
        else:
            used += 1.0
            completed.append(trial)
    best = best_of(completed)
    return used / len(trials), best["final"], best["test"], best


def best_of(trials: Sequence[dict]) -> dict:
    """By accuracy, then by loss."""
    return min(trials, key=lambda trial: (-trial["final"], trial["loss"]))


def row(name: str, searches: Sequence[Sequence[dict]], replay: Callable[[Sequence[dict]], tuple]) -> str:
    """A line of the table."""
    chance, found = np.random.default_rng(0), []
    for trials in searches:
        best = best_of(trials)
        for _ in range(ORDERS.value):
            used, final, test, kept = replay([trials[place] for place in chance.permutation(len(trials))])
            found.append((used, final, test, kept is best))
    used, final, test, kept = (fmean(column) for column in zip(*found, strict=True))
    return f"| {name} | {used:.1%} | {final:.4f} | {test:.4f} | {kept:.0%} |"


def main(_: list[str]) -> None:
    load_plugins()
    path = Path(CURVES.value)
    if not path.exists():
        record(path)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    searches = [[one for one in lines if one["seed"] == seed] for seed in sorted({one["seed"] for one in lines})]
    print(f"{len(searches)} searches, {len(lines)} trials")
    print("| Rule | Steps | Best | Test | Best kept |\n|---|---:|---:|---:|---:|")
    print(row("none", searches, lambda trials: (1.0, (best := best_of(trials))["final"], best["test"], best)))
    for name, text in RULES.items():
        spec = complete(parse_spec(f"early_stopping {{ {text} }}", name))
        print(row(name, searches, lambda trials, spec=spec: replayed(trials, spec, STEPS.value)))


if __name__ == "__main__":
    app.run(main)
