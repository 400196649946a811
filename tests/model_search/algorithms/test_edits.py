from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_search.algorithms.edits import grown, mutated
from model_search.algorithms.random_towers import random_towers
from model_search.architecture import PLATES as FORM
from model_search.architecture import Architecture, depth, ordered
from model_search.block import Role
from model_search.proto.search_spec_pb2 import ProblemType, SearchSpec
from model_search.spec.towers import role_of, tower, turn_of

PLATES = ["CONVOLUTION_3X3", "RESNET_3X3", "MAX_POOLING_2X2"]
VECTORS = ["FULLY_CONNECTED", "LOWRANK_1", "BOTTLENECK_32"]
FLATTENS = ["FLATTEN", "PLATE_REDUCTION_FLATTEN"]
ANYWHERE = ["IDENTITY"]


@st.composite
def cases(draw):
    """A spec, a valid tower of its blocks, and a generator."""
    is_cnn = draw(st.booleans())
    searched = draw(st.sets(st.sampled_from((PLATES if is_cnn else []) + VECTORS + ANYWHERE), min_size=1))
    flattens = draw(st.sets(st.sampled_from(FLATTENS))) if is_cnn else set()
    spec = SearchSpec(
        problem_type=ProblemType.CNN if is_cnn else ProblemType.DNN,
        blocks_to_use=sorted(searched | flattens),
        minimum_depth=draw(st.integers(1, 4)),
    )
    blocks = draw(st.lists(st.sampled_from(sorted(searched)), min_size=1, max_size=5))
    return spec, tower(spec, blocks), np.random.default_rng(draw(st.integers(0, 99)))


def assert_valid(spec: SearchSpec, architecture: Architecture) -> None:
    assert set(architecture) <= {*spec.blocks_to_use, turn_of(spec)}
    if spec.problem_type == ProblemType.CNN:
        assert ordered(architecture, role_of, FORM) == architecture
    else:
        assert all(role_of(name) in (Role.VECTOR, Role.ANY) for name in architecture)


@given(cases())
def test_growing_adds_exactly_one_searched_block(case):
    spec, architecture, rng = case
    children = list(grown(spec, architecture, rng))
    searched = [name for name in spec.blocks_to_use if role_of(name) is not Role.FLATTEN]
    places = 2 if spec.problem_type == ProblemType.CNN else 1
    assert len(children) == sum(places if role_of(name) is Role.ANY else 1 for name in searched)
    for child in children:
        assert_valid(spec, child)
        assert depth(child, role_of) == depth(architecture, role_of) + 1
        assert any(
            Architecture((*child.blocks[:place], *child.blocks[place + 1 :])) == architecture
            for place in range(len(child))
        )


@given(cases())
def test_mutating_changes_exactly_one_place_and_reaches_every_valid_change(case):
    spec, architecture, rng = case
    children = list(mutated(spec, architecture, rng))
    assert len(set(children)) == len(children)
    for child in children:
        assert_valid(spec, child)
        assert depth(child, role_of) == depth(architecture, role_of)
        assert sum(old != new for old, new in zip(architecture, child, strict=True)) == 1
    expected = {
        architecture.replaced(place, name)
        for place in range(len(architecture))
        for name in spec.blocks_to_use
        if name != architecture[place]
        and (role_of(name) is Role.FLATTEN) == (role_of(architecture[place]) is Role.FLATTEN)
    }
    if spec.problem_type == ProblemType.CNN:
        expected = {child for child in expected if ordered(child, role_of, FORM) == child}
    assert set(children) == expected


@given(cases())
def test_random_towers_are_valid_and_as_deep_as_asked(case):
    spec, _, rng = case
    for architecture in islice(random_towers(spec, rng), 10):
        assert_valid(spec, architecture)
        assert depth(architecture, role_of) == spec.minimum_depth


def test_growth_of_plates_is_before_the_flatten_and_of_vectors_at_the_end():
    spec = SearchSpec(problem_type=ProblemType.CNN, blocks_to_use=["RESNET_3X3", "LOWRANK_1", "FLATTEN"])
    architecture = tower(spec, ["RESNET_3X3", "LOWRANK_1"])
    assert architecture.blocks == ("RESNET_3X3", "FLATTEN", "LOWRANK_1")
    assert {child.blocks for child in grown(spec, architecture, np.random.default_rng(0))} == {
        ("RESNET_3X3", "RESNET_3X3", "FLATTEN", "LOWRANK_1"),
        ("RESNET_3X3", "FLATTEN", "LOWRANK_1", "LOWRANK_1"),
    }


def test_the_flatten_changes_only_into_another_that_the_spec_names():
    spec = SearchSpec(problem_type=ProblemType.CNN, blocks_to_use=["RESNET_3X3", "PLATE_REDUCTION_FLATTEN", "FLATTEN"])
    architecture = tower(spec, ["RESNET_3X3"])
    changes = {child.blocks for child in mutated(spec, architecture, np.random.default_rng(0))}
    assert architecture.blocks == ("RESNET_3X3", "PLATE_REDUCTION_FLATTEN")
    assert changes == {("RESNET_3X3", "FLATTEN")}


@pytest.mark.parametrize("edit", [grown, mutated])
def test_order_of_edits_is_by_chance_alone(edit):
    spec = SearchSpec(problem_type=ProblemType.DNN, blocks_to_use=VECTORS)
    architecture = Architecture.of(VECTORS[:2])
    orders = {tuple(edit(spec, architecture, np.random.default_rng(seed))) for seed in range(30)}
    assert len(orders) > 3
    assert tuple(edit(spec, architecture, np.random.default_rng(5))) in orders
