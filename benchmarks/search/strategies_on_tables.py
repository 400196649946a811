"""The strategies that are compared on the tables: all of the project's, and what other people would use."""

from collections.abc import Callable, Mapping

import numpy as np

from benchmarks.search.optuna_towers import optuna
from benchmarks.search.simulate import Strategy, TableHistory
from benchmarks.search.space import DEPTH, table_spec
from benchmarks.search.tables import Table
from model_search.algorithms.table import SEARCH_TYPES, algorithm_named
from model_search.architecture import Architecture
from model_search.proto.search_spec_pb2 import SearchType

GENERAL: Mapping[str, object] = {
    "minimum_depth": 2,
    "beam_size": 5,
    "increase_complexity_probability": 0.7,
    "increase_complexity_minimum_trials": [0],
}
"""As in the bundled spec `cnn`; towers may have any depth at once."""

SETTINGS: Mapping[int, dict[str, object]] = {
    SearchType.ADAPTIVE_COORDINATE_DESCENT_GENETIC: {
        "mutate_probability": 0.4,
        "crossover_probability": 0.2,
        "random_architecture_probability": 0.1,
    },
    # Towers of a fixed depth: that of four fifths of the space.
    SearchType.NONADAPTIVE_RANDOM_SEARCH: {"minimum_depth": DEPTH},
    SearchType.HARMONICA_SEARCH: {"minimum_depth": DEPTH},
}
"""What differs from `GENERAL`."""

SAMPLERS = {"TPE": "TPESampler", "random": "RandomSampler"}
LEFT_OUT = {
    SearchType.CONSTRAINED_ADAPTIVE_COORDINATE_DESCENT: "its towers have reductions, which are not in the tables",
}


def strategies(table: Table) -> dict[str, Callable[[int], Strategy]]:
    """By name: a function from a repetition's seed to a strategy."""
    found: dict[str, Callable[[int], Strategy]] = {"random": lambda _: uniform(table)}
    for number in SEARCH_TYPES:
        if number not in LEFT_OUT:
            found[SearchType.Name(number)] = _ours(number)
    return found | {f"Optuna {name}": _optuna(sampler) for name, sampler in SAMPLERS.items()}


def uniform(table: Table) -> Strategy:
    """Any architecture of the table that was not trained yet, all alike."""

    def suggest(history: TableHistory, rng: np.random.Generator) -> tuple[Architecture, tuple[int, ...]]:
        while True:
            architecture = table.architectures[rng.integers(len(table.architectures))]
            if not history.has_tried(architecture):
                return architecture, ()

    return suggest


def _ours(number: int) -> Callable[[int], Strategy]:
    spec = table_spec(search_type=number, **{**GENERAL, **SETTINGS.get(number, {})})
    algorithm = algorithm_named(number, 100)

    def suggest(history: TableHistory, rng: np.random.Generator) -> tuple[Architecture, tuple[int, ...]]:
        proposal = algorithm(spec, history, rng)
        return proposal.architecture, proposal.parents

    return lambda _: suggest


def _optuna(sampler: str) -> Callable[[int], Strategy]:
    return lambda seed: optuna(seed, sampler, table_spec(), (1, DEPTH))
