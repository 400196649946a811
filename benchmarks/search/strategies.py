"""Every search algorithm end to end: a spec file, real training on digits, what was found.

    python -m benchmarks.search.strategies [--trials=40] [--steps=200] [--only=TREE_PARZEN,BANDIT]

Each search type gets the bundled `dnn` spec with its `search_type` in place (the constrained one `cnn`, on digits as
images), without the starts that people chose, written as a file and read from there. All have the same seed. Accuracy
is that of the held-out rows, which rank trials; settings that count trials are scaled to so few of them.
"""

import os
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from absl import app, flags

import model_search
from model_search.algorithms import SEARCH_TYPES
from model_search.data.provider import DataOptions, providers
from model_search.plugins import load_plugins
from model_search.proto.search_spec_pb2 import SearchSpec, SearchType
from model_search.spec import canonical_text, load_spec, parse_spec

TRIALS = flags.DEFINE_integer("trials", 40, "Trials of each search.", lower_bound=1)
STEPS = flags.DEFINE_integer("steps", 200, "Gradient steps of a trial.", lower_bound=1)
ONLY = flags.DEFINE_list("only", [], "Search types; by default all.")

CONSTRAINED = "CONSTRAINED_ADAPTIVE_COORDINATE_DESCENT"
# Defaults are for hundreds of trials.
SETTINGS = {
    "HARMONICA_SEARCH": "harmonica { trials_per_stage: 12 stages: 2 monomials: 3 }",
    "REGULARIZED_EVOLUTION": "regularized_evolution { population_size: 15 tournament_size: 4 }",
    "PROGRESSIVE": "progressive { trials_per_depth: 12 }",
    "ADAPTIVE_COORDINATE_DESCENT_GENETIC": "mutate_probability: 0.4 crossover_probability: 0.3"
    " random_architecture_probability: 0.1",
    CONSTRAINED: "num_blocks_in_cell: 2 minimum_depth: 2 maximum_depth: 6",
}


def spec_of(name: str) -> SearchSpec:
    """The spec that a search type runs with."""
    spec = load_spec("cnn" if name == CONSTRAINED else "dnn")
    spec.ClearField("user_suggestions")
    spec.MergeFrom(parse_spec(f"search_type: {name} {SETTINGS.get(name, '')}", name))
    if name == CONSTRAINED:
        searched = [block for block in spec.blocks_to_use if block != spec.reduction_block_type]
        spec.ClearField("blocks_to_use")
        spec.blocks_to_use.extend(searched)
    return spec


def line_of(name: str, folder: Path) -> str:
    """One search, in words."""
    path = folder / f"{name}.pbtxt"
    path.write_text(canonical_text(spec_of(name)))
    data = providers["digits_images" if name == CONSTRAINED else "digits"](DataOptions())
    begin = time.perf_counter()
    found = model_search.search(
        data, str(path), model_dir=str(folder / name), max_trials=TRIALS.value, train_steps=STEPS.value, refit=False
    )
    seconds = time.perf_counter() - begin
    trials = found.trials()
    results = [trial.result.objective for trial in trials if trial.result is not None]
    distinct = len({trial.architecture for trial in trials})
    best = f"{max(results):.4f}" if results else "none"
    return f"{name:42}{best:>8}{seconds:>9.0f}{len(trials):>8}{distinct:>10}"


def main(_: list[str]) -> None:
    load_plugins()
    names = ONLY.value or [SearchType.Name(number) for number in SEARCH_TYPES]
    print(f"{'search type':42}{'best':>8}{'seconds':>9}{'trials':>8}{'distinct':>10}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            print(line_of(name, Path(folder)), flush=True)


if __name__ == "__main__":
    app.run(main)
