from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from studies import MemoryHistory

from model_search.algorithms import SEARCH_TYPES, SearchSpaceExhaustedError, algorithm_of
from model_search.algorithms.depths import trials_before_depth
from model_search.architecture import Architecture, depth
from model_search.proto.search_spec_pb2 import ProblemType, SearchSpec, SearchType
from model_search.spec import complete
from model_search.spec.search_types import FIXED_DEPTH_SEARCHES
from model_search.spec.towers import role_of
from model_search.study import TrialState

A, B, C = "FULLY_CONNECTED", "LOWRANK_1", "BOTTLENECK_32"


def spec_of(search_type=SearchType.ADAPTIVE_COORDINATE_DESCENT, **fields):
    fields = {"problem_type": ProblemType.DNN, "blocks_to_use": [A, B, C], "minimum_depth": 1, **fields}
    spec = SearchSpec(search_type=search_type, **fields)
    if search_type == SearchType.BANDIT:
        spec.bandit.arms.extend([SearchType.ADAPTIVE_COORDINATE_DESCENT, SearchType.REGULARIZED_EVOLUTION])
    return complete(spec)


def propose(spec, history, seed=0):
    return algorithm_of(spec, 100)(spec, history, np.random.default_rng(seed))


def test_each_search_type_has_an_algorithm():
    assert {SearchType.Name(number) for number in SEARCH_TYPES} == set(SearchType.keys()) - {"UNKNOWN_SEARCH_TYPE"}


@pytest.mark.parametrize("search_type", SEARCH_TYPES)
@given(
    seed=st.integers(0, 999),
    completed=st.lists(st.lists(st.sampled_from([A, B, C]), min_size=1, max_size=3), max_size=4),
)
def test_every_algorithm_is_pure_and_stays_within_depth(search_type, seed, completed):
    spec = spec_of(search_type, minimum_depth=2, maximum_depth=3, beam_size=2, increase_complexity_minimum_trials=[0])
    history = MemoryHistory()
    for number, blocks in enumerate(completed):
        history.add(blocks, number / 10)
    before = list(history.trials)
    proposal = propose(spec, history, seed)
    assert proposal == propose(spec, history, seed)
    assert history.trials == before
    assert 1 <= depth(proposal.architecture, role_of) <= 3
    assert all(1 <= parent <= len(completed) for parent in proposal.parents)
    assert proposal.architecture not in {trial.architecture for trial in history.trials}


@pytest.mark.parametrize("search_type", SEARCH_TYPES)
def test_no_algorithm_proposes_what_failed(search_type):
    spec = spec_of(search_type, maximum_depth=1)
    history = MemoryHistory()
    history.add([A], state=TrialState.INFEASIBLE)
    history.add([B], state=TrialState.INFEASIBLE)
    assert {propose(spec, history, seed).architecture.blocks for seed in range(20)} == {(C,)}
    history.add([C], state=TrialState.INFEASIBLE)
    with pytest.raises(SearchSpaceExhaustedError, match="3 architectures"):
        propose(spec, history)


@pytest.mark.parametrize("search_type", SEARCH_TYPES)
def test_what_runs_is_proposed_again_only_when_nothing_else_is_left(search_type):
    spec = spec_of(search_type, maximum_depth=1)
    history = MemoryHistory()
    history.add([A], state=TrialState.RUNNING)
    history.add([B], state=TrialState.RUNNING)
    assert {propose(spec, history, seed).architecture.blocks for seed in range(20)} == {(C,)}
    history.add([C], state=TrialState.INFEASIBLE)
    assert {propose(spec, history, seed).architecture.blocks for seed in range(20)} == {(A,), (B,)}


@pytest.mark.parametrize("search_type", SEARCH_TYPES)
def test_sixty_four_trainers_that_ask_before_anything_has_completed_train_different_towers(search_type):
    # 3, 9 and 27 towers of the first depths: too few.
    is_fixed = search_type in FIXED_DEPTH_SEARCHES
    spec = spec_of(search_type, minimum_depth=4 if is_fixed else 1, maximum_depth=4)
    history = MemoryHistory()
    for seed in range(64):
        history.add(propose(spec, history, seed).architecture.blocks, state=TrialState.RUNNING)
    assert len({trial.architecture for trial in history.trials}) == 64


@pytest.mark.parametrize("search_type", set(SEARCH_TYPES) - set(FIXED_DEPTH_SEARCHES))
def test_deeper_towers_come_before_their_time_only_where_all_others_are_known(search_type):
    spec = spec_of(search_type, increase_complexity_minimum_trials=[0, 50])
    history = MemoryHistory()
    for depths in (1, 1, 1, 2, 2, 2):
        proposal = propose(spec, history)
        assert depth(proposal.architecture, role_of) == depths
        history.add(proposal.architecture.blocks, state=TrialState.RUNNING)


def test_random_search_draws_all_towers_alike():
    spec = spec_of(SearchType.NONADAPTIVE_RANDOM_SEARCH, blocks_to_use=[A, B], minimum_depth=2)
    counts = Counter(propose(spec, MemoryHistory(), seed).architecture.blocks for seed in range(400))
    assert set(counts) == {(A, A), (A, B), (B, A), (B, B)}
    assert min(counts.values()) > 60
    assert propose(spec, MemoryHistory()).origin == "random"


def test_descent_begins_with_random_towers():
    proposal = propose(spec_of(minimum_depth=2), MemoryHistory())
    assert (len(proposal.architecture), proposal.parents, proposal.origin) == (2, (), "random")


def test_descent_draws_random_towers_until_they_fill_the_beam():
    history = MemoryHistory()
    spec = spec_of(beam_size=3, increase_complexity_minimum_trials=[0])
    for filled in range(4):
        origins = {propose(spec, history, seed).origin for seed in range(20)}
        assert (origins == {"random"}) == (filled < 3)
        history.add([A] * (filled + 1), 0.5)


def test_descent_repeats_nothing_while_the_space_has_more():
    # Greedy edits of the best tower alone would end in a corner: there are 3 + 9 towers.
    spec = spec_of(beam_size=1, maximum_depth=2, increase_complexity_minimum_trials=[0])
    history = MemoryHistory()
    for number in range(12):
        history.add(propose(spec, history, number).architecture.blocks, -float(number))
    assert len({trial.architecture for trial in history.trials}) == 12


def test_descent_takes_edits_of_the_best_below_the_beam_when_its_own_are_tried():
    history = MemoryHistory()
    for objective, blocks in ((0.9, [A, A]), (0.5, [C, C]), (0.4, [C, A])):
        history.add(blocks, objective)
    for blocks in ([A, B], [A, C], [B, A]):
        history.add(blocks, 0.1)
    spec = spec_of(beam_size=1, maximum_depth=2)
    proposals = [propose(spec, history, seed) for seed in range(20)]
    assert {proposal.parents for proposal in proposals} == {(2,)}
    assert {proposal.architecture.blocks for proposal in proposals} == {(B, C), (C, B)}


def test_descent_chooses_alike_among_the_beam():
    history = MemoryHistory()
    for objective, blocks in ((0.1, [A]), (0.9, [A, B]), (0.8, [B, C]), (0.85, [C, C])):
        history.add(blocks, objective)
    counts = Counter(propose(spec_of(beam_size=3), history, seed).parents for seed in range(300))
    assert set(counts) == {(2,), (3,), (4,)}
    assert min(counts.values()) > 60


def test_descent_grows_with_its_probability():
    history = MemoryHistory()
    history.add([A], 0.5)
    spec = spec_of(increase_complexity_probability=0.25, increase_complexity_minimum_trials=[0])
    counts = Counter(propose(spec, history, seed).origin for seed in range(400))
    assert set(counts) == {"grow", "mutate"}
    assert 60 < counts["grow"] < 140
    grown = next(p for p in (propose(spec, history, seed) for seed in range(20)) if p.origin == "grow")
    assert grown.architecture.blocks[0] == A
    assert len(grown.architecture) == 2


@pytest.mark.parametrize(("completed", "expected"), [(4, {"mutate"}), (5, {"grow"})])
def test_growth_waits_for_completed_trials(completed, expected):
    history = MemoryHistory()
    history.add([A], 0.9)
    for _ in range(completed - 1):
        history.add([A, A, A, A], 0.1)
    spec = spec_of(blocks_to_use=[A, B, C])
    assert {propose(spec, history, seed).origin for seed in range(20)} == expected


def test_at_maximum_depth_towers_only_change():
    history = MemoryHistory()
    history.add([A, A], 0.9)
    spec = spec_of(maximum_depth=2, increase_complexity_minimum_trials=[0])
    assert {propose(spec, history, seed).origin for seed in range(20)} == {"mutate"}


@pytest.mark.parametrize(
    ("counts", "deep", "needed"), [([], 1, 0), ([], 2, 5), ([], 4, 15), ([0, 3], 2, 3), ([0, 3], 7, 3), ([9], 1, 9)]
)
def test_trials_before_depth(counts, deep, needed):
    assert trials_before_depth(spec_of(increase_complexity_minimum_trials=counts), deep) == needed


def test_with_probability_zero_nothing_grows_even_when_all_changes_are_done():
    history = MemoryHistory()
    for blocks in ([A], [B], [C]):
        history.add(blocks, 0.5)
    spec = spec_of(increase_complexity_probability=0, increase_complexity_minimum_trials=[0])
    assert all(len(propose(spec, history, seed).architecture) == 1 for seed in range(20))
    history.trials.clear()
    history.add([A], 0.5)
    assert propose(spec, history).architecture in {Architecture.of([B]), Architecture.of([C])}
