from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from studies import MemoryHistory

from model_search.algorithms.guided_mutation import _doubt, suggest
from model_search.algorithms.neighbours import neighbours
from model_search.architecture import Architecture, depth
from model_search.errors import UsageError
from model_search.proto.search_spec_pb2 import ProblemType, SearchSpec, SearchType
from model_search.spec import complete, parse_spec, validate
from model_search.spec.towers import role_of, tower
from model_search.study import TrialState

A, B, C = "FULLY_CONNECTED", "LOWRANK_1", "BOTTLENECK_32"


def spec_of(**fields):
    fields = {"problem_type": ProblemType.DNN, "blocks_to_use": [A, B, C], "minimum_depth": 1, **fields}
    return complete(SearchSpec(search_type=SearchType.GUIDED_MUTATION, maximum_depth=4, **fields))


def edits(spec, blocks, deepest=4):
    return {(edit, child.blocks) for edit, child in neighbours(spec, Architecture.of(blocks), deepest)}


def test_neighbours_of_a_tower_by_hand():
    spec = spec_of(blocks_to_use=[A, B])
    assert edits(spec, [A, B]) == {
        ("mutate", (B, B)), ("mutate", (A, A)),
        ("grow", (A, B, A)), ("grow", (A, B, B)), ("insert", (A, A, B)), ("insert", (B, A, B)),
        ("delete", (A,)), ("delete", (B,)),
        ("swap", (B, A)),
    }  # fmt: skip
    assert {edit for edit, _ in edits(spec, [A, B], deepest=2)} == {"mutate", "delete", "swap"}
    assert {edit for edit, _ in edits(spec_of(minimum_depth=2), [A, B])} == {"mutate", "grow", "insert", "swap"}


PLATES, VECTORS, FLATTENS = ["CONVOLUTION_3X3", "MAX_POOLING_2X2"], [A, B], ["FLATTEN", "PLATE_REDUCTION_FLATTEN"]


@given(st.lists(st.sampled_from(PLATES + VECTORS + ["IDENTITY"]), min_size=1, max_size=4))
def test_neighbours_of_plates_are_valid_and_one_edit_away(blocks):
    spec = spec_of(problem_type=ProblemType.CNN, blocks_to_use=[*PLATES, *VECTORS, "IDENTITY", *FLATTENS])
    parent = tower(spec, blocks)
    found = list(neighbours(spec, parent, 4))
    assert len({child for _, child in found}) == len(found)
    for edit, child in found:
        assert tower(spec, child) == child != parent
        assert 1 <= depth(child, role_of) <= 4
        assert len(child) - len(parent) == {"grow": 1, "insert": 1, "delete": -1}.get(edit, 0)
    # The turn may change, and every place may have another block.
    assert (
        sum(edit == "mutate" and set(child) & set(FLATTENS) != set(parent) & set(FLATTENS) for edit, child in found)
        == 1
    )


def test_begins_with_random_towers_of_every_depth_allowed():
    spec = spec_of(increase_complexity_minimum_trials=[0, 0, 0])
    counts = Counter(
        len(suggest(spec, MemoryHistory(), np.random.default_rng(seed)).architecture) for seed in range(200)
    )
    assert set(counts) == {1, 2, 3, 4}
    gated = spec_of(increase_complexity_minimum_trials=[0, 0, 99])
    assert {len(suggest(gated, MemoryHistory(), np.random.default_rng(seed)).architecture) for seed in range(50)} == {
        1,
        2,
    }


def planted(blocks) -> float:
    """Best with A at the input and C at the output, the rest B."""
    return 0.5 * (blocks[0] == A) + 0.3 * (blocks[-1] == C) + 0.05 * blocks.count(B)


def grown_history(spec, trials, seed=0):
    history, noise = MemoryHistory(), np.random.default_rng([seed, 5])
    for number in range(1, trials + 1):
        proposal = suggest(spec, history, np.random.default_rng([seed, number]))
        history.add(proposal.architecture.blocks, planted(proposal.architecture.blocks) + noise.normal(scale=0.02))
    return history


def test_finds_a_planted_optimum_and_repeats_nothing():
    spec = spec_of(beam_size=3, increase_complexity_minimum_trials=[0])
    history = grown_history(spec, 40)
    towers = [trial.architecture.blocks for trial in history.trials]
    assert len(set(towers)) == 40
    assert (A, B, B, C) in towers
    # Of 120 towers 12 begin and end so; random search would have met 4 of them.
    assert sum(blocks[0] == A and blocks[-1] == C for blocks in towers) >= 9


def test_parents_are_trials_one_edit_away():
    spec = spec_of(beam_size=2, increase_complexity_minimum_trials=[0])
    history = grown_history(spec, 12)
    for seed in range(10):
        proposal = suggest(spec, history, np.random.default_rng(seed))
        for parent in proposal.parents:
            near = {child for _, child in neighbours(spec, history.trials[parent - 1].architecture, 4)}
            assert proposal.architecture in near


def test_trainers_that_ask_at_once_spread_out():
    spec = spec_of(beam_size=3, increase_complexity_minimum_trials=[0])
    history = grown_history(spec, 12)
    asked = []
    for seed in range(12):
        asked.append(suggest(spec, history, np.random.default_rng(seed)).architecture)
        history.add(asked[-1].blocks, state=TrialState.RUNNING)
    assert len(set(asked)) == 12
    # Not all of them edits of one tower.
    assert len({tower_.blocks[:2] for tower_ in asked}) >= 3


def test_stopped_trials_are_evidence():
    spec = spec_of(beam_size=1, increase_complexity_minimum_trials=[0])
    history = grown_history(spec, 12)
    for blocks in ([A, A, A, A], [A, A, A, B], [A, A, A, C]):
        history.add(blocks, 0.0, TrialState.STOPPED)
    proposals = [suggest(spec, history, np.random.default_rng(seed)).architecture.blocks for seed in range(20)]
    assert not {(A, A, A, A), (A, A, A, B), (A, A, A, C)} & set(proposals)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("trials_before_model: 0", "trials_before_model is 0; it must be 1 or more"),
        ("random_candidates: -1", "random_candidates is -1; it must be a number from 0 to 300"),
        ("random_candidates: 601", "random_candidates is 601; it must be a number from 0 to 300"),
    ],
)
def test_settings_that_cannot_be_are_refused(text, message):
    base = f"problem_type: DNN search_type: GUIDED_MUTATION blocks_to_use: ['{A}']"
    with pytest.raises(UsageError) as caught:
        validate(parse_spec(f"{base} guided_mutation {{ {text} }}", "x"))
    assert str(caught.value) == f"spec field guided_mutation.{message}"


def test_deviations_count_more_the_longer_nothing_better_was_found():
    history = MemoryHistory()
    assert _doubt(history) == 1
    history.add([A], 0.5)
    history.add([B], 0.6)
    assert _doubt(history) == 1
    for _ in range(10):
        history.add([C], 0.1)
    assert _doubt(history) == 2
    # Asked beside trainers that are behind, the best may be newer than the number of completed trials.
    running = MemoryHistory()
    for _ in range(9):
        running.add([A], state=TrialState.RUNNING)
    running.add([B], 0.6)
    assert _doubt(running) == 1
    # Trials that were stopped or failed tried nothing that could have been better.
    stopped = MemoryHistory()
    for _ in range(20):
        stopped.add([A], 0.1, state=TrialState.STOPPED)
    stopped.add([B], 0.6)
    for _ in range(5):
        stopped.add([C], 0.1)
        stopped.add([C], state=TrialState.INFEASIBLE)
    assert _doubt(stopped) == 1.5
