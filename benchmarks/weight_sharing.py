"""Steps that a trial needs to a cold trial's accuracy when it starts from the weights of its parent.

    python benchmarks/weight_sharing.py [--data=digits] [--seeds=5] [--results=weight_sharing.jsonl]
    python benchmarks/weight_sharing.py --data=spoken_digits --recordings=PATH/recordings
    python benchmarks/weight_sharing.py --data=adult --adult=PATH/adult-train.csv

For each seed one split, and a few parents that are trained from random weights; each has a child, one edit by the
spec's own search algorithm. The child is trained cold, and with SNAPSHOT, whose new blocks start at random or as
identities, with several factors of the learning rate; all with the same hyperparameters, seed and full-length schedule,
and evaluated at twenty moments. The mean accuracy of the cold children at their end is the goal; counted are the steps
until the mean accuracy of those with another start is there. A line of JSON a child goes to the results file; what is
in it is not done again. Then the ratio of steps, warm to cold, with a 95 % interval over resampled seeds (bootstrap,
percentiles).
"""

import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import replace

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
from absl import app, flags
from steps_ratio import interval, ratio

from model_search.architecture import TURNS, Architecture
from model_search.block import Role
from model_search.controller import Controller
from model_search.data.provider import DataOptions, Provider, providers
from model_search.open_search import SearchConfig, open_search
from model_search.plugins import load_plugins
from model_search.prepare_trial import build
from model_search.proto.search_spec_pb2 import TransferLearningSpec
from model_search.run_trial import run_trial
from model_search.search_parts import Search
from model_search.spec import SearchSpec, complete, load_spec, validate
from model_search.spec.towers import role_of
from model_search.start_weights import started_from
from model_search.study import Suggestion
from model_search.training.evaluation import evaluated
from model_search.training.fit import Fit, fit
from model_search.training.inference import logits_of
from model_search.training.options import TrainingOptions
from model_search.transfer.shares import Share

DATA = flags.DEFINE_enum("data", "digits", ["digits", "spoken_digits", "adult"], "What is learned.")
RECORDINGS = flags.DEFINE_string("recordings", "", "Folder of the spoken digits.")
ADULT = flags.DEFINE_string("adult", "", "File adult-train.csv, without a header.")
SEEDS = flags.DEFINE_integer("seeds", 5, "Splits.", lower_bound=2)
PARENTS = flags.DEFINE_integer("parents", 3, "Parents, and children, of each split.", lower_bound=1)
STEPS = flags.DEFINE_integer("steps", 0, "Steps of a trial; 0: by the data.", lower_bound=0)
DEEPEN = flags.DEFINE_bool("deepen", False, "Children are their parents with one block once more, not an edit.")
RESULTS = flags.DEFINE_string("results", "weight_sharing.jsonl", "File that results are added to.")

SPECS = {"digits": ("dnn", 32, 100), "spoken_digits": ("audio", 32, 100), "adult": ("dnn", 128, 100)}
"""Spec, batch size and steps by data set: as short as trials of a search are, whose networks have more to learn."""

ARMS = flags.DEFINE_list(
    "arms", ["cold", "snapshot:1", "snapshot:0.1", "identity:0.1"], "cold first; others with inherited_rate_factor."
)

MOMENTS = 20


def provider_for(seed: int, problem_type: str) -> Provider:
    """The data, split by the seed."""
    match DATA.value:
        case "spoken_digits":
            options = DataOptions(
                filename=RECORDINGS.value, label_pattern=r"^(\d)_", problem_type=problem_type, seed=seed
            )
            return providers["audio_directory"](options)
        case "adult":
            columns = (*(f"column{place}" for place in range(14)), "income")
            return providers["csv"](DataOptions(filename=ADULT.value, columns=columns, label="income", seed=seed))
    return providers["digits"](DataOptions(seed=seed))


def spec_for() -> SearchSpec:
    """The bundled spec with weight sharing; any depth may follow at once, so that children grow too."""
    spec = load_spec(SPECS[DATA.value][0])
    spec.transfer_learning_spec.transfer_learning_type = TransferLearningSpec.SNAPSHOT_TRANSFER_LEARNING
    del spec.increase_complexity_minimum_trials[:]
    spec.increase_complexity_minimum_trials.extend([0] * spec.maximum_depth)
    spec.beam_size = 1
    completed = complete(spec)
    validate(completed)
    return completed


def curve(search: Search, suggestion: Suggestion, seed: int, parent: int, arm: str) -> tuple[list[float], float]:
    """Accuracies at the moments of one training, and the share of the weights that came from the parent."""
    keras.utils.clear_session()
    tower = build(search, suggestion, seed)
    share, rate_factor = 0.0, 1.0
    if arm != "cold":
        kind, _, factor = arm.partition(":")
        search.spec.transfer_learning_spec.grow_from_identity = kind == "identity"
        search.spec.transfer_learning_spec.inherited_rate_factor = float(factor)
        report = started_from(search, suggestion, tower, [Share(parent, 1.0)])
        assert report is not None and not report.origins[0].error
        share, rate_factor = report.parameters / report.of_parameters, report.rate_factor
    steps, pipeline = search.options.train_steps, search.pipeline
    moments = [place * steps // MOMENTS for place in range(1, MOMENTS + 1)]
    found: list[float] = []

    def progress(step: int, loss: float) -> None:
        if step in moments:
            metrics, _ = evaluated(pipeline.task, logits_of(tower.model, pipeline.evaluation()))
            found.append(metrics["accuracy"])

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "checkpoint")
        plan = Fit(
            search.spec, suggestion, pipeline, search.options, search.strategy, steps, seed, path, tuple(moments),
            rate_factor=rate_factor,
        )  # fmt: skip
        fit(plan, tower, progress)
    return found, share


def children(seed: int) -> Iterator[dict[str, object]]:
    """Results of one split: a dict a child and arm."""
    spec = spec_for()
    _, batch_size, steps = SPECS[DATA.value]
    training = TrainingOptions(train_steps=STEPS.value or steps, batch_size=batch_size)
    problem = spec.DESCRIPTOR.fields_by_name["problem_type"].enum_type.values_by_number[spec.problem_type].name
    for place in range(PARENTS.value):
        with tempfile.TemporaryDirectory() as folder:
            config = SearchConfig(
                spec, provider_for(seed, problem), folder, max_trials=1, seed=100 * seed + place, training=training
            )
            search = open_search(config)
            claim = search.store.claim(search.study.id, "benchmark", 600.0)
            assert claim is not None
            # The spec's first suggestion, its second, and then what the search proposes without a history.
            first = Controller(spec, config.seed, training.train_steps).suggest(place + 1, search.history)
            search.store.suggest(claim, first)
            search.store.release(claim)
            claim = search.store.claim(search.study.id, "benchmark", 600.0)
            assert claim is not None
            run_trial(search, claim)
            proposed = search.controller.suggest(50 + place, search.history)
            if DEEPEN.value:
                proposed = replace(proposed, architecture=deepened(first.architecture), origin="deepen")
            # The parent's hyperparameters: what differs is the start alone.
            values = {name: value for name, value in first.hyperparameters.items() if "/" not in name}
            child = Suggestion(proposed.architecture, {**proposed.hyperparameters, **values}, parents=(1,))
            for arm in ARMS.value:
                accuracies, share = curve(search, child, config.seed + 7, 1, arm)
                yield {
                    "data": DATA.value, "seed": seed, "place": place, "arm": arm, "origin": proposed.origin,
                    "parent": list(first.architecture), "child": list(child.architecture), "share": round(share, 4),
                    "steps": training.train_steps, "accuracies": accuracies,
                }  # fmt: skip
            search.store.close()


def deepened(parent: Architecture) -> Architecture:
    """The tower with its last block that is no flatten, summary or identity twice."""
    blocks = parent.blocks
    place = max(at for at, name in enumerate(blocks) if role_of(name) not in (*TURNS, Role.ANY))
    return parent.inserted(place + 1, blocks[place])


def summary(rows: list[dict[str, object]]) -> None:
    """Prints the ratio of each arm with its interval over seeds, and what stands behind it."""
    seeds = sorted({row["seed"] for row in rows})
    of_arm = {
        arm: np.array(
            [[row["accuracies"] for row in rows if (row["seed"], row["arm"]) == (seed, arm)] for seed in seeds]
        )
        for arm in ARMS.value
    }
    cold = of_arm["cold"]
    for arm, warm in of_arm.items():
        if arm == "cold" or len(seeds) < 2:
            continue
        low, high = interval(cold, warm)
        curves = [found.reshape(-1, MOMENTS) for found in (cold, warm)]
        print(
            f"{DATA.value} {arm}: steps {ratio(*curves):.3f} of cold (95 %: {low:.3f}-{high:.3f}, {len(seeds)} seeds, "
            f"{len(curves[0])} children); accuracy at the end {(warm - cold)[..., -1].mean():+.4f}",
            flush=True,
        )


def main(_: list[str]) -> None:
    """Adds what is missing to the results, then prints the summary."""
    load_plugins()
    rows = []
    if os.path.exists(RESULTS.value):
        with open(RESULTS.value, encoding="utf-8") as file:
            rows = [row for row in map(json.loads, file) if row["data"] == DATA.value and row["arm"] in ARMS.value]
    done = {
        seed
        for seed in range(SEEDS.value)
        if sum(row["seed"] == seed for row in rows) == len(ARMS.value) * PARENTS.value
    }
    rows = [row for row in rows if row["seed"] in done]
    for seed in range(SEEDS.value):
        if seed not in done:
            new = list(children(seed))
            with open(RESULTS.value, "a", encoding="utf-8") as file:
                file.writelines(json.dumps(row) + "\n" for row in new)
            rows += new
            summary(rows)
    summary(rows)


if __name__ == "__main__":
    app.run(main)
