"""All search algorithms, by the name that a spec gives them."""

from collections.abc import Mapping
from functools import partial

import numpy as np

from ..proto.search_spec_pb2 import SearchType
from ..spec import SearchSpec
from ..study import History
from . import (
    bandit,
    constrained,
    coordinate_descent,
    genetic,
    guided_mutation,
    harmonica,
    linear_model,
    progressive,
    random_search,
    regularized_evolution,
    reinforce,
)
from .algorithm import JointAlgorithm, Proposal, SearchAlgorithm

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


def _tree_parzen(spec: SearchSpec, history: History, rng: np.random.Generator, *, train_steps: int) -> Proposal:
    from . import tree_parzen  # it imports Keras, which the trial database and its processes do without

    return tree_parzen.suggest(spec, history, rng, train_steps=train_steps)


def _gaussian_process(spec: SearchSpec, history: History, rng: np.random.Generator, *, train_steps: int) -> Proposal:
    from . import gaussian_process  # it imports Keras too

    return gaussian_process.suggest(spec, history, rng, train_steps=train_steps)


JOINT_ALGORITHMS: Mapping[int, JointAlgorithm] = {
    SearchType.TREE_PARZEN: _tree_parzen,
    SearchType.BAYESIAN: _gaussian_process,
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
