"""Random towers: each tower of so many blocks is as likely as any other."""

from collections import Counter

import numpy as np
import pytest

from model_search.algorithms.random_towers import RandomTowers, all_towers, random_towers, tower_count
from model_search.proto.search_spec_pb2 import ProblemType, SearchSpec
from model_search.spec import complete

PLATES = ("CONVOLUTION_3X3", "CONVOLUTION_1X3", "MAX_POOLING_2X2")
VECTORS = ("FIXED_OUTPUT_FULLY_CONNECTED_64",)
TURN = "PLATE_REDUCTION_FLATTEN"


def spec_of(*names, problem_type=ProblemType.CNN):
    return complete(SearchSpec(problem_type=problem_type, minimum_depth=2, blocks_to_use=names))


def drawn(spec, blocks, count):
    rng, towers = np.random.default_rng(0), RandomTowers(spec)
    return Counter(towers.of(blocks, rng) for _ in range(count))


def test_each_tower_of_both_kinds_is_as_likely():
    # Of two blocks: 3 * 3 of plates, 3 of a plate and a vector, 1 of vectors; the four orders of names would
    # make the middle ones twice as likely.
    found = drawn(spec_of(*PLATES, *VECTORS, TURN), 2, 13_000)
    assert len(found) == 9 + 3 + 1
    assert sum(TURN in tower.blocks for tower in found) == 13
    # Counts are binomial of mean 1,000 and deviation 30.
    assert max(found.values()) < 1_000 + 5 * 31 and min(found.values()) > 1_000 - 5 * 31


def test_a_block_for_any_input_is_on_either_side():
    found = drawn(spec_of("CONVOLUTION_3X3", "IDENTITY", *VECTORS, TURN), 2, 8_000)
    shapes = {tuple(name for name in tower.blocks if name != TURN) for tower in found}
    assert shapes == {
        ("CONVOLUTION_3X3", "CONVOLUTION_3X3"), ("CONVOLUTION_3X3", "IDENTITY"), ("IDENTITY", "CONVOLUTION_3X3"),
        ("IDENTITY", "IDENTITY"), ("CONVOLUTION_3X3", *VECTORS), ("IDENTITY", *VECTORS), (*VECTORS, "IDENTITY"),
        (*VECTORS, *VECTORS),
    }  # fmt: skip
    assert max(found.values()) < 1_000 + 5 * 30 and min(found.values()) > 1_000 - 5 * 30


def test_many_blocks_of_large_pools():
    found = drawn(spec_of(*PLATES, *VECTORS, TURN), 2_000, 3)
    assert all(len(tower) == 2_001 for tower in found)


@pytest.mark.parametrize("problem_type", [ProblemType.DNN, ProblemType.CNN])
def test_towers_of_one_kind(problem_type):
    names = VECTORS if problem_type == ProblemType.DNN else PLATES
    spec = spec_of(*names, *(() if problem_type == ProblemType.DNN else (TURN,)), problem_type=problem_type)
    tower = next(random_towers(spec, np.random.default_rng(0)))
    assert [name for name in tower.blocks if name in names] and len(tower) == 2 + (problem_type == ProblemType.CNN)


@pytest.mark.parametrize(
    ("names", "count"),
    [((*PLATES, *VECTORS, TURN), 13), (("CONVOLUTION_3X3", "IDENTITY", *VECTORS, TURN), 8), ((*PLATES, TURN), 9)],
)
def test_all_towers_are_those_that_are_drawn(names, count):
    spec = spec_of(*names)
    listed = list(all_towers(spec, 2))
    assert len(listed) == len(set(listed)) == tower_count(spec, 2) == count
    assert set(listed) == set(drawn(spec, 2, 1_000))


def test_of_several_turns_all_towers_have_each():
    spec = spec_of(*PLATES, TURN, "FLATTEN")
    listed = set(all_towers(spec, 1))
    assert tower_count(spec, 1) == 6
    assert {tower.blocks for tower in listed} == {(name, turn) for name in PLATES for turn in (TURN, "FLATTEN")}


def test_towers_too_many_to_list_are_counted():
    assert tower_count(spec_of(*PLATES, TURN), 100) == 3**100
