from collections import Counter

import numpy as np
import pytest
from studies import MemoryHistory

from model_search.algorithms.regularized_evolution import suggest
from model_search.errors import UsageError
from model_search.proto.search_spec_pb2 import SearchSpec
from model_search.spec import complete, parse_spec, validate
from model_search.study import TrialState

A, B, C = "FULLY_CONNECTED", "LOWRANK_1", "BOTTLENECK_32"
SPEC = (
    f"problem_type: DNN search_type: REGULARIZED_EVOLUTION blocks_to_use: ['{A}', '{B}', '{C}'] minimum_depth: 1"
    " maximum_depth: 3 "
)


def spec_of(population: int, tournament: int, text: str = "increase_complexity_minimum_trials: 0") -> SearchSpec:
    sizes = f"population_size: {population} tournament_size: {tournament}"
    spec = complete(parse_spec(f"{SPEC} {text} regularized_evolution {{ {sizes} }}", "x"))
    validate(spec)
    return spec


def proposals(spec, history, count=60):
    return [suggest(spec, history, np.random.default_rng(seed)) for seed in range(count)]


def aged() -> MemoryHistory:
    """Five trials; the best is the oldest, and the newest three have 0.6, 0.4, 0.5."""
    history = MemoryHistory()
    for objective, blocks in ((0.9, [A]), (0.8, [B]), (0.6, [A, A]), (0.4, [B, B]), (0.5, [C, C])):
        history.add(blocks, objective)
    return history


@pytest.mark.parametrize(
    ("tournament", "shares"), [(1, (1 / 3, 1 / 3, 1 / 3)), (2, (5 / 9, 3 / 9, 1 / 9)), (3, (19 / 27, 7 / 27, 1 / 27))]
)
def test_draws_are_with_replacement_among_those_alive_however_good_the_dead_were(tournament, shares):
    winners = Counter(proposal.parents for proposal in proposals(spec_of(3, tournament), aged(), 600))
    assert set(winners) <= {(3,), (5,), (4,)}
    # Four standard deviations of a share.
    assert [winners[(number,)] / 600 for number in (3, 5, 4)] == pytest.approx(shares, abs=0.082)


def test_the_oldest_that_lives_is_as_many_trials_back_as_the_population_has():
    for population, best in ((3, 3), (4, 2), (5, 1)):
        winners = Counter(proposal.parents for proposal in proposals(spec_of(population, population), aged()))
        assert winners.most_common(1)[0][0] == (best,)
        assert min(winners) == (best,)


def test_age_is_the_number_of_a_trial_and_what_has_no_result_does_not_live():
    history = aged()
    history.add([A, B], state=TrialState.RUNNING)
    history.add([A, C], state=TrialState.INFEASIBLE)
    history.add([B, C], 0.95, state=TrialState.STOPPED)
    assert {proposal.parents for proposal in proposals(spec_of(3, 3), history)} == {(3,), (4,), (5,)}


def test_towers_of_all_depths_are_random_until_the_population_is_full():
    first = proposals(spec_of(6, 2), aged(), 40)
    assert {proposal.origin for proposal in first} == {"random"}
    assert {len(proposal.architecture) for proposal in first} == {1, 2, 3}
    assert "random" not in {proposal.origin for proposal in proposals(spec_of(5, 2), aged(), 20)}


def test_children_are_one_block_away_and_kinds_are_drawn_alike():
    history = MemoryHistory()
    history.add([A, B], 0.9)
    found = proposals(spec_of(1, 1), history, 300)
    kinds = Counter(proposal.origin for proposal in found)
    assert set(kinds) == {"mutate", "insert", "delete"}
    assert min(kinds.values()) > 70
    children = {kind: {proposal.architecture.blocks for proposal in found if proposal.origin == kind} for kind in kinds}
    assert children["delete"] == {(A,), (B,)}
    assert children["mutate"] == {(B, B), (C, B), (A, A), (A, C)}
    assert children["insert"] == {(A, A, B), (B, A, B), (C, A, B), (A, B, B), (A, C, B), (A, B, A), (A, B, C)}


@pytest.mark.parametrize(
    ("blocks", "text", "kinds"),
    [
        ([A], "increase_complexity_minimum_trials: 0", {"mutate", "insert"}),
        ([A, A, A], "increase_complexity_minimum_trials: 0", {"mutate", "delete"}),
        ([A, A], "increase_complexity_minimum_trials: [0, 1]", {"mutate", "insert", "delete"}),
        ([A, A], "increase_complexity_minimum_trials: [0, 2]", {"mutate", "delete"}),
    ],
)
def test_depth_stays_within_its_limits(blocks, text, kinds):
    history = MemoryHistory()
    history.add(blocks, 0.9)
    assert {proposal.origin for proposal in proposals(spec_of(1, 1, text), history)} == kinds


def test_the_child_of_the_second_best_follows_when_all_of_the_winners_are_known():
    history = MemoryHistory()
    history.add([A], 0.8)
    for blocks in ([B], [C]):
        history.add(blocks, state=TrialState.RUNNING)
    history.add([A, A], 0.7)
    spec = spec_of(2, 2, "increase_complexity_minimum_trials: [0, 9]")
    assert {proposal.parents for proposal in proposals(spec, history)} == {(4,)}


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ("tournament_size: 51", "tournament_size is 51; it must not be above population_size, which is 50"),
        ("population_size: 0", "population_size is 0; it must be 1 or more"),
        ("tournament_size: 0", "tournament_size is 0; it must be 1 or more"),
    ],
)
def test_sizes_that_cannot_be_are_refused(sizes, message):
    with pytest.raises(UsageError) as caught:
        validate(parse_spec(f"{SPEC} regularized_evolution {{ {sizes} }}", "x"))
    assert str(caught.value) == f"spec field regularized_evolution.{message}"
