"""The strategies that are compared on the tables: all of the project's, and what other people would use."""

from collections.abc import Callable, Mapping

import numpy as np

from benchmarks.search.simulate import Strategy, TableHistory
from benchmarks.search.space import DEPTH, PLATES, VECTORS, table_spec
from benchmarks.search.tables import Table
from model_search.algorithms.table import SEARCH_TYPES, algorithm_named
from model_search.architecture import Architecture
from model_search.proto.search_spec_pb2 import SearchType
from model_search.spec.towers import tower

SETTINGS: Mapping[int, dict[str, object]] = {
    # What the bundled specs say: beams of 3, growth with probability 0.3, and not to every depth at once.
    SearchType.ADAPTIVE_COORDINATE_DESCENT: {
        "beam_size": 3,
        "increase_complexity_probability": 0.3,
        "increase_complexity_minimum_trials": [0, 0, 4, 12],
    },
    SearchType.GUIDED_MUTATION: {"beam_size": 5, "increase_complexity_minimum_trials": [0]},
    SearchType.ADAPTIVE_COORDINATE_DESCENT_GENETIC: {
        "beam_size": 5,
        "increase_complexity_minimum_trials": [0],
        "mutate_probability": 0.4,
        "crossover_probability": 0.2,
        "random_architecture_probability": 0.1,
    },
    # Towers of a fixed depth: that of four fifths of the space.
    SearchType.NONADAPTIVE_RANDOM_SEARCH: {"minimum_depth": DEPTH},
    SearchType.HARMONICA_SEARCH: {"minimum_depth": DEPTH},
}
"""What differs from `minimum_depth: 2` and a beam of 5 that may grow at once."""

LEFT_OUT = {
    SearchType.CONSTRAINED_ADAPTIVE_COORDINATE_DESCENT: "its towers have reduction blocks that the space has not",
}


def strategies(table: Table) -> dict[str, Callable[[int], Strategy]]:
    """By name: a function from a repetition's seed to a strategy."""
    found: dict[str, Callable[[int], Strategy]] = {"random": lambda _: uniform(table)}
    for number in SEARCH_TYPES:
        if number not in LEFT_OUT:
            found[SearchType.Name(number)] = _ours(number)
    return found | {"Optuna TPE": lambda seed: optuna(seed, "TPESampler"), "Optuna random": _optuna_random}


def uniform(table: Table) -> Strategy:
    """Any architecture of the table that was not trained yet, all alike."""

    def suggest(history: TableHistory, rng: np.random.Generator) -> tuple[Architecture, tuple[int, ...]]:
        while True:
            architecture = table.architectures[rng.integers(len(table.architectures))]
            if not history.has_tried(architecture):
                return architecture, ()

    return suggest


def _ours(number: int) -> Callable[[int], Strategy]:
    general = {"minimum_depth": 2, "beam_size": 5, "increase_complexity_minimum_trials": [0]}
    spec = table_spec(search_type=number, **{**general, **SETTINGS.get(number, {})})
    algorithm = algorithm_named(number, 100)

    def suggest(history: TableHistory, rng: np.random.Generator) -> tuple[Architecture, tuple[int, ...]]:
        proposal = algorithm(spec, history, rng)
        return proposal.architecture, proposal.parents

    return lambda _: suggest


def _optuna_random(seed: int) -> Strategy:
    return optuna(seed, "RandomSampler")


def optuna(seed: int, sampler: str) -> Strategy:
    """Optuna as its users would: a depth, and a block for each place; several orders may be the same tower."""
    import optuna as library

    library.logging.set_verbosity(library.logging.ERROR)
    arguments = {"constant_liar": True} if sampler == "TPESampler" else {}
    study = library.create_study(
        direction="maximize", sampler=getattr(library.samplers, sampler)(seed=seed, **arguments)
    )
    spec, asked, told = table_spec(), {}, set()

    def suggest(history: TableHistory, _: np.random.Generator) -> tuple[Architecture, tuple[int, ...]]:
        for trial in history.completed():
            if trial.number not in told:
                told.add(trial.number)
                study.tell(asked[trial.number], trial.result.objective)
        trial = study.ask()
        asked[len(asked) + 1] = trial
        deep = trial.suggest_int("depth", 1, DEPTH)
        names = [trial.suggest_categorical(f"place_{place}", [*PLATES, *VECTORS]) for place in range(deep)]
        return tower(spec, names), ()

    return suggest
