from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import spearmanr
from studies import MemoryHistory

from model_search.algorithms.expansion_ranking import predicted, weights_of
from model_search.algorithms.progressive import suggest
from model_search.architecture import Architecture
from model_search.errors import UsageError
from model_search.proto.search_spec_pb2 import SearchSpec
from model_search.spec import complete, parse_spec, validate
from model_search.spec.towers import depth_of, tower
from model_search.study import TrialState

A, B, C = "FULLY_CONNECTED", "LOWRANK_1", "BOTTLENECK_32"
VALUES = {A: 3.0, B: 2.0, C: 1.0}
SPEC = f"problem_type: DNN search_type: PROGRESSIVE blocks_to_use: ['{A}', '{B}', '{C}'] "


def spec_of(share: int, text: str = "minimum_depth: 1 maximum_depth: 3") -> SearchSpec:
    spec = complete(parse_spec(f"{SPEC} {text} progressive {{ trials_per_depth: {share} }}", "x"))
    validate(spec)
    return spec


def propose(spec, history, seed=0):
    return suggest(spec, history, np.random.default_rng(seed))


def proposals(spec, history, count=30):
    return [propose(spec, history, seed) for seed in range(count)]


def value_of(architecture) -> float:
    return sum(VALUES[name] for name in architecture)


def studied(spec, count: int, history: MemoryHistory | None = None) -> MemoryHistory:
    """A study of one trainer on the sum of the blocks' values."""
    history = history or MemoryHistory()
    for number in range(count):
        proposal = propose(spec, history, number)
        history.add(proposal.architecture, value_of(proposal.architecture))
    return history


def towers(history) -> list[tuple[str, ...]]:
    return [trial.architecture.blocks for trial in history.trials]


def test_each_depth_trains_the_best_expansions_of_the_best_before():
    found = towers(studied(spec_of(3), 9))
    assert set(found[:3]) == {(A,), (B,), (C,)}
    assert found[3] == (A, A)
    assert set(found[3:6]) == {(A, A), (A, B), (B, A)}
    assert found[6] == (A, A, A)
    assert {blocks[:2] for blocks in found[6:]} <= set(found[3:6])
    assert sorted(map(value_of, found[6:])) == [8.0, 8.0, 9.0]


def test_the_first_depth_is_random_and_no_tower_of_it_is_trained_twice():
    spec = spec_of(5, "minimum_depth: 2")
    assert len({proposal.architecture for proposal in proposals(spec, MemoryHistory())}) > 6
    found = towers(studied(spec, 6))
    assert [len(blocks) for blocks in found] == [2, 2, 2, 2, 2, 3]
    assert len(set(found)) == 6


def test_a_small_first_depth_is_trained_whole_and_then_expanded():
    history = studied(spec_of(30), 3)
    assert set(towers(history)) == {(A,), (B,), (C,)}
    assert {(p.architecture.blocks, p.parents, p.origin) for p in proposals(spec_of(30), history)} == {
        ((A, A), (towers(history).index((A,)) + 1,), "grow")
    }


def test_only_the_best_share_of_a_depth_is_expanded():
    history, spec = MemoryHistory(), spec_of(2)
    for objective, name in ((0.1, A), (0.9, B), (0.8, C)):
        history.add([name], objective)
    found = [propose(spec, history).architecture]
    history.add(found[0], state=TrialState.RUNNING)
    assert found[0].blocks == (B, B)
    assert {p.parents for p in proposals(spec, history)} <= {(2,), (3,)}


def test_running_trials_have_their_part_of_a_depth_and_failed_ones_have_not():
    spec, history = spec_of(3, "minimum_depth: 2"), MemoryHistory()
    history.add([A, A], 0.9)
    history.add([A, B], state=TrialState.INFEASIBLE)
    history.add([B, A], state=TrialState.RUNNING)
    assert {len(p.architecture) for p in proposals(spec, history)} == {2}
    history.add([B, B], 0.5, state=TrialState.STOPPED)
    assert {(len(p.architecture), p.parents) for p in proposals(spec, history)} == {(3, (1,))}


def test_while_nothing_of_a_depth_has_completed_more_of_it_is_trained():
    spec, history = spec_of(1), MemoryHistory()
    history.add([A], state=TrialState.RUNNING)
    assert {p.architecture.blocks for p in proposals(spec, history)} == {(B,), (C,)}
    history.add([B], 0.5)
    assert {p.architecture.blocks for p in proposals(spec, history)} == {(B, A), (B, B), (B, C)}
    history.add([B, C], state=TrialState.RUNNING)
    assert {p.architecture.blocks for p in proposals(spec, history)} == {(B, A), (B, B)}


def test_the_order_in_which_trainers_end_changes_no_depth():
    spec, history = spec_of(3), MemoryHistory()
    running: list[Architecture] = []
    chance = np.random.default_rng(1)
    for number in range(9):
        proposal = propose(spec, history, number)
        assert proposal.architecture not in {trial.architecture for trial in history.trials}
        history.add(proposal.architecture, state=TrialState.RUNNING)
        running.append(proposal.architecture)
        if len(running) == 2:
            done = running.pop(int(chance.integers(2)))
            place = next(i for i, trial in enumerate(history.trials) if trial.architecture == done)
            ended = MemoryHistory().add(done, value_of(done))
            history.trials[place] = replace(ended, number=place + 1)
    assert [len(trial.architecture) for trial in history.trials] == [1, 1, 1, 2, 2, 2, 3, 3, 3]


def test_when_all_depths_have_their_trials_the_best_neighbours_of_all_follow():
    spec = spec_of(2, "minimum_depth: 1 maximum_depth: 2")
    history = studied(spec, 12)
    assert set(towers(history)) == {(x,) for x in VALUES} | {(x, y) for x in VALUES for y in VALUES}
    assert propose(spec, history).architecture in {trial.architecture for trial in history.trials}


@pytest.mark.parametrize(
    "text",
    [
        "problem_type: CNN blocks_to_use: ['CONVOLUTION_3X3', 'IDENTITY', 'FULLY_CONNECTED']",
        "problem_type: RNN_LAST_ACTIVATIONS blocks_to_use: ['LSTM_128', 'IDENTITY', 'FULLY_CONNECTED']",
        "problem_type: RNN_ALL_ACTIVATIONS blocks_to_use: ['LSTM_128', 'IDENTITY', 'LSTM_256']",
    ],
)
def test_depth_does_not_count_what_the_engine_places(text):
    fields = "minimum_depth: 2 maximum_depth: 4 progressive { trials_per_depth: 2 ensemble_size: 1 }"
    spec, history = complete(parse_spec(f"search_type: PROGRESSIVE {text} {fields}", "x")), MemoryHistory()
    validate(spec)
    for number in range(8):
        proposal = propose(spec, history, number)
        assert tower(spec, proposal.architecture) == proposal.architecture
        history.add(proposal.architecture, number / 10)
    depths = [depth_of(spec, trial.architecture) for trial in history.trials]
    assert depths[:6] == [2, 2, 3, 3, 4, 4]
    assert set(depths) <= {2, 3, 4}


def test_the_ranking_learns_blocks_and_neighbours_whatever_the_depth():
    rng = np.random.default_rng(0)
    seen = [Architecture.of(rng.choice(list(VALUES), deep).tolist()) for deep in (1, 2, 3) for _ in range(25)]

    def cost(architecture):
        pairs = zip(architecture.blocks, architecture.blocks[1:], strict=False)
        return -value_of(architecture) + 4 * sum(pair == (A, A) for pair in pairs)

    weights = weights_of(seen, [cost(architecture) for architecture in seen], 5, np.random.default_rng(1))
    deeper = [Architecture.of(rng.choice(list(VALUES), 4).tolist()) for _ in range(60)]
    found = spearmanr([predicted(weights, tower) for tower in deeper], [cost(tower) for tower in deeper])
    assert found.statistic > 0.9


def test_an_ensemble_is_the_mean_of_its_members_and_needs_two_towers():
    seen = [Architecture.of([name]) for name in VALUES]
    assert weights_of(seen[:1], [1.0], 5, np.random.default_rng(0)) == {}
    one, other = (weights_of(seen, [3.0, 2.0, 1.0], 5, np.random.default_rng(seed)) for seed in (0, 1))
    assert one == pytest.approx(other)
    assert one[A] > one[B] > one[C]
    assert weights_of(seen, [1e9, 2.0, 1.0], 5, np.random.default_rng(0)) == pytest.approx(one)


@pytest.mark.parametrize("field", ["trials_per_depth", "ensemble_size"])
def test_counts_below_one_are_refused(field):
    with pytest.raises(UsageError) as caught:
        validate(parse_spec(f"{SPEC} progressive {{ {field}: 0 }}", "x"))
    assert str(caught.value) == f"spec field progressive.{field} is 0; it must be 1 or more"


def test_more_regressions_than_a_proposal_can_wait_for_are_refused():
    with pytest.raises(UsageError, match=r"progressive\.ensemble_size is 101; it must be at most 100"):
        validate(parse_spec(f"{SPEC} progressive {{ ensemble_size: 101 }}", "x"))
