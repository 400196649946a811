"""A space of few towers and no hyperparameters to choose: every search trains each tower once, and then says so."""

from itertools import product

import numpy as np
import pytest
from searches import open_small

from model_search import prepare_trial
from model_search.algorithms import SEARCH_TYPES
from model_search.architecture import Architecture
from model_search.proto.search_spec_pb2 import SearchType
from model_search.spec.search_types import FIXED_DEPTH_SEARCHES
from model_search.spec.towers import tower
from model_search.study import Result

BLOCKS = ("FULLY_CONNECTED", "LOWRANK_2_SKIP")
SPEC = f"""
problem_type: DNN minimum_depth: 1 maximum_depth: 2 beam_size: 2 increase_complexity_minimum_trials: 0
increase_complexity_probability: 0.5
blocks_to_use: {list(BLOCKS)}
learning_spec {{ min_learning_rate: 3e-3 max_learning_rate: 3e-3 optimizers: "adam" }}
"""
# Few random towers, so that each algorithm's own proposals come to their turn.
OWN = {
    SearchType.LINEAR_MODEL: "linear_model { trials_before_fit: 2 }",
    SearchType.HARMONICA_SEARCH: "harmonica { trials_per_stage: 2 stages: 1 }",
    SearchType.REGULARIZED_EVOLUTION: "regularized_evolution { population_size: 2 tournament_size: 2 }",
    SearchType.PROGRESSIVE: "progressive { trials_per_depth: 2 }",
    SearchType.GUIDED_MUTATION: "guided_mutation { trials_before_model: 2 }",
    SearchType.ADAPTIVE_COORDINATE_DESCENT_GENETIC: "mutate_probability: 0.4 crossover_probability: 0.4",
}
OF_PLATES = SearchType.CONSTRAINED_ADAPTIVE_COORDINATE_DESCENT
PLATES = ("CONVOLUTION_3X3", "MAX_POOLING_2X2")


MORE_BLOCKS = (*BLOCKS, "BOTTLENECK_32")


def towers_trained(search) -> list[Architecture]:
    """What a search trains until it has nothing more to propose; every trial completes, the first ones the best."""
    trained = []
    while (claim := search.store.claim(search.study.id, "tester", 60.0)) is not None:
        suggestion, _ = next(prepare_trial.suggestions(search, claim), (None, False))
        if suggestion is None:
            return trained
        trained.append(suggestion.architecture)
        value = 1.0 / claim.number
        search.store.complete(claim, Result(value, 1.0, {"accuracy": value, "loss": 1.0}, 1, 1.0, ""))
    raise AssertionError(f"the search goes on after {len(trained)} trials")


@pytest.mark.parametrize("search_type", SEARCH_TYPES, ids=SearchType.Name)
def test_each_tower_is_trained_once_and_then_the_search_ends(tmp_path, monkeypatch, search_type) -> None:
    monkeypatch.setattr(prepare_trial, "MAX_PROPOSALS", 20)
    text = f"{SPEC} search_type: {SearchType.Name(search_type)} {OWN.get(search_type, '')}"
    data, names = None, BLOCKS
    if search_type == OF_PLATES:
        text = text.replace(str(list(BLOCKS)), str(list(PLATES))).replace("DNN", "CNN") + " num_blocks_in_cell: 2"
        data, names = (np.zeros((40, 4, 4, 1), "float32"), np.arange(40) % 2), PLATES
    search = open_small(tmp_path, text, trials=30, data=data)
    deepest = 1 if search_type in FIXED_DEPTH_SEARCHES else 2
    everything = [
        tower(search.spec, blocks) for deep in range(1, deepest + 1) for blocks in product(names, repeat=deep)
    ]
    assert sorted(towers_trained(search), key=str) == sorted(everything, key=str)


@pytest.mark.parametrize("search_type", [kind for kind in SEARCH_TYPES if kind != OF_PLATES], ids=SearchType.Name)
def test_as_searches_are_by_default_none_ends_before_every_tower_is_trained(tmp_path, search_type) -> None:
    text = f"{SPEC} search_type: {SearchType.Name(search_type)}".replace(str(list(BLOCKS)), str(list(MORE_BLOCKS)))
    # Depth 2 has its time after 5 completed trials, and there are but 3 towers of depth 1.
    search = open_small(tmp_path, text.replace("increase_complexity_minimum_trials: 0", ""), trials=30)
    deepest = 1 if search_type in FIXED_DEPTH_SEARCHES else 2
    everything = [
        tower(search.spec, blocks) for deep in range(1, deepest + 1) for blocks in product(MORE_BLOCKS, repeat=deep)
    ]
    assert sorted(towers_trained(search), key=str) == sorted(everything, key=str)
