"""All search algorithms, by the name that a spec gives them."""

from collections.abc import Mapping
from functools import partial

from ..proto.search_spec_pb2 import SearchType
from ..spec import SearchSpec
from . import (
    bandit,
    constrained,
    coordinate_descent,
    gaussian_process,
    genetic,
    guided_mutation,
    harmonica,
    linear_model,
    progressive,
    random_search,
    regularized_evolution,
    reinforce,
    tree_parzen,
)
from .algorithm import JointAlgorithm, SearchAlgorithm

ALGORITHMS: Mapping[int, SearchAlgorithm] = {
    SearchType.ADAPTIVE_COORDINATE_DESCENT: coordinate_descent.suggest,
    SearchType.NONADAPTIVE_RANDOM_SEARCH: random_search.suggest,
    SearchType.HARMONICA_SEARCH: harmonica.suggest,
    SearchType.LINEAR_MODEL: linear_model.suggest,
    SearchType.PROGRESSIVE: progressive.suggest,
    SearchType.REINFORCE_CONTROLLER: reinforce.suggest,
    SearchType.CONSTRAINED_ADAPTIVE_COORDINATE_DESCENT: constrained.suggest,
    SearchType.GUIDED_MUTATION: guided_mutation.suggest,
    SearchType.ADAPTIVE_COORDINATE_DESCENT_GENETIC: genetic.suggest,
    SearchType.REGULARIZED_EVOLUTION: regularized_evolution.suggest,
}

JOINT_ALGORITHMS: Mapping[int, JointAlgorithm] = {
    SearchType.TREE_PARZEN: tree_parzen.suggest,
    SearchType.BAYESIAN: gaussian_process.suggest,
    SearchType.BANDIT: bandit.suggest,
}
"""Those that propose hyperparameters together with the tower."""

SEARCH_TYPES = (*ALGORITHMS, *JOINT_ALGORITHMS)


def algorithm_of(spec: SearchSpec, train_steps: int) -> SearchAlgorithm:
    """The algorithm that a completed, valid spec asks for; `train_steps` of the study."""
    return algorithm_named(spec.search_type, train_steps)


def algorithm_named(search_type: int, train_steps: int) -> SearchAlgorithm:
    """The algorithm of one search type."""
    if search_type in JOINT_ALGORITHMS:
        return partial(JOINT_ALGORITHMS[search_type], train_steps=train_steps)
    return ALGORITHMS[search_type]
