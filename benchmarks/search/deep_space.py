"""The deep space of the search benchmarks, and the strategies that search it."""

from collections.abc import Callable, Mapping

import numpy as np

from benchmarks.search.optuna_towers import optuna
from benchmarks.search.simulate import Strategy, TableHistory
from benchmarks.search.space import TURN
from model_search.algorithms.edits import searched_blocks
from model_search.algorithms.table import SEARCH_TYPES, algorithm_named
from model_search.architecture import Architecture
from model_search.proto.search_spec_pb2 import ProblemType, RegularizedEvolutionSpec, SearchType
from model_search.spec import SearchSpec, complete
from model_search.spec.search_types import FIXED_DEPTH_SEARCHES
from model_search.spec.towers import tower

LEAST_DEPTH, DEPTH = 3, 12
BLOCKS = (
    "FIXED_CHANNEL_CONVOLUTION_16",
    "CONVOLUTION_3X3",
    "CONVOLUTION_1X3",
    "CONVOLUTION_3X1",
    "DILATED_CONVOLUTION_2",
    "DOWNSAMPLE_CONVOLUTION_3X3",
    "RESNET_3X3",
    "SEPARABLE_CONVOLUTION_3X3",
    "INVERTED_RESIDUAL_3X3_3",
    "INCEPTION_MODULE",
    "SQUEEZE_EXCITE_4",
    "MAX_POOLING_2X2",
    "AVERAGE_POOL_2X2",
)


def deep_spec(search_type: int) -> SearchSpec:
    """The space with the beam and growth of the bundled spec `cnn`; a population that suits 60 trials."""
    return complete(
        SearchSpec(
            problem_type=ProblemType.CNN,
            search_type=search_type,
            minimum_depth=LEAST_DEPTH,
            maximum_depth=DEPTH,
            blocks_to_use=[*BLOCKS, TURN],
            beam_size=5,
            increase_complexity_probability=0.7,
            increase_complexity_minimum_trials=[0, 0, 0, 0, 0, 2, 4, 8, 12, 16],
            regularized_evolution=RegularizedEvolutionSpec(population_size=20, tournament_size=5),
        )
    )


TRAINED = ("random", "GUIDED_MUTATION", "ADAPTIVE_COORDINATE_DESCENT", "REGULARIZED_EVOLUTION", "Optuna TPE")
"""Strategies that are compared with real training unless others are named."""


def strategies() -> Mapping[str, Callable[[int], Strategy]]:
    """By name: a function from a search's seed to a strategy.

    Searches of a fixed depth and the constrained one are not among them: it is another space that they search.
    """
    others = (*FIXED_DEPTH_SEARCHES, SearchType.CONSTRAINED_ADAPTIVE_COORDINATE_DESCENT)
    ours = {SearchType.Name(number): _ours(number) for number in SEARCH_TYPES if number not in others}
    spec = deep_spec(SearchType.NONADAPTIVE_RANDOM_SEARCH)
    depths = (LEAST_DEPTH, DEPTH)
    return {
        "random": lambda _: _random(spec),
        **ours,
        "Optuna TPE": lambda seed: optuna(seed, "TPESampler", spec, depths),
    }


def _ours(search_type: int) -> Callable[[int], Strategy]:
    spec, algorithm = deep_spec(search_type), algorithm_named(search_type, 100)

    def suggest(history: TableHistory, rng: np.random.Generator) -> tuple[Architecture, tuple[int, ...]]:
        proposal = algorithm(spec, history, rng)
        return proposal.architecture, proposal.parents

    return lambda _: suggest


def _random(spec: SearchSpec) -> Strategy:
    """Random towers, each depth as often."""

    def suggest(_: TableHistory, rng: np.random.Generator) -> tuple[Architecture, tuple[int, ...]]:
        deep = rng.integers(LEAST_DEPTH, DEPTH + 1)
        return tower(spec, rng.choice(searched_blocks(spec), deep).tolist()), ()

    return suggest
