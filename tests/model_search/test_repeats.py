"""Towers that come down to one network are trained once."""

import pytest
from searches import open_small

from model_search.architecture import Architecture
from model_search.data.encoding import Encoding
from model_search.network.heads import Head
from model_search.network.tower import build_tower
from model_search.repeats import without_passing
from model_search.trainer import work

SPEC = """
problem_type: DNN
minimum_depth: 1
maximum_depth: 3
beam_size: 3
increase_complexity_minimum_trials: [0]
increase_complexity_probability: 0.5
blocks_to_use: "FIXED_OUTPUT_FULLY_CONNECTED_64"
blocks_to_use: "IDENTITY"
learning_spec { min_learning_rate: 1e-3 max_learning_rate: 1e-2 optimizers: "adam" }
"""
DENSE = "FIXED_OUTPUT_FULLY_CONNECTED_64"


def shortened(blocks: list[str], size: int = 4, **values: float) -> list[str]:
    architecture = Architecture.of(blocks)
    return list(without_passing(architecture, build_tower(architecture, values, Encoding((size, size, 2)), Head(3))))


def test_what_passes_depends_on_the_plate() -> None:
    convolution, pool, end = "DOWNSAMPLE_CONVOLUTION_3X3", "MAX_POOLING_2X2", "PLATE_REDUCTION_FLATTEN"
    assert shortened([convolution, pool, end]) == [convolution, pool, end]
    assert shortened([convolution, pool, pool, pool, end]) == [convolution, pool, end]
    assert shortened([pool, pool, pool, convolution, "IDENTITY", end, "IDENTITY"]) == [pool, pool, convolution, end]


def test_dropout_behind_a_block_that_passes_counts() -> None:
    end = "PLATE_REDUCTION_FLATTEN"
    assert shortened(["IDENTITY", end], dropout_rate=0.5) == ["IDENTITY", end]
    assert shortened(["IDENTITY", end], dropout_rate=-1.0) == [end]


def test_cells_of_two_inputs_see_what_was_passed_on() -> None:
    blocks = ["CONVOLUTION_3X3", "IDENTITY", "CIFAR_NASA", "PLATE_REDUCTION_FLATTEN"]
    assert shortened(blocks) == blocks


@pytest.mark.parametrize("search_type", ["ADAPTIVE_COORDINATE_DESCENT", "GUIDED_MUTATION"])
def test_as_many_networks_as_trials(tmp_path, search_type: str) -> None:
    search = open_small(tmp_path, f"search_type: {search_type}\n{SPEC}", trials=4, train_steps=2)
    assert work(search, "tester", 60.0) == ""
    trials = search.store.trials(search.study.id)
    assert sorted(list(trial.architecture).count(DENSE) for trial in trials) == [0, 1, 2, 3]


def test_when_all_networks_are_known_hyperparameters_are_tried(tmp_path) -> None:
    spec = f"search_type: ADAPTIVE_COORDINATE_DESCENT\n{SPEC}".replace("maximum_depth: 3", "maximum_depth: 2")
    search = open_small(tmp_path, spec, trials=5, train_steps=2)
    assert work(search, "tester", 60.0) == ""
    assert search.store.counts(search.study.id).popitem()[1] == 0
    assert len(search.history.completed()) == 5
