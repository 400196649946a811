from collections import Counter

import numpy as np
import pytest
from studies import MemoryHistory

from model_search.algorithms import coordinate_descent
from model_search.algorithms.genetic import suggest
from model_search.architecture import PLATES, SEQUENCES, ordered
from model_search.errors import UsageError
from model_search.proto.search_spec_pb2 import SearchSpec
from model_search.spec import complete, parse_spec, validate
from model_search.spec.towers import role_of, tower
from model_search.study import TrialState

A, B, C = "FULLY_CONNECTED", "LOWRANK_1", "BOTTLENECK_32"
GENETIC = "search_type: ADAPTIVE_COORDINATE_DESCENT_GENETIC minimum_depth: 1 "
DNN = f"problem_type: DNN blocks_to_use: ['{A}', '{B}', '{C}'] {GENETIC}"
CNN = f"problem_type: CNN blocks_to_use: ['CONVOLUTION_3X3', 'RESNET_3X3', '{A}', '{B}'] {GENETIC}"
RNN = f"problem_type: RNN_LAST_ACTIVATIONS blocks_to_use: ['LSTM_128', 'LSTM_256', '{A}', '{B}'] {GENETIC}"


def spec_of(text: str) -> SearchSpec:
    spec = complete(parse_spec(text, "x"))
    validate(spec)
    return spec


def history_of(*trials) -> MemoryHistory:
    history = MemoryHistory()
    for objective, blocks in trials:
        history.add(blocks, objective)
    return history


def proposals(spec, history, count=100):
    return [suggest(spec, history, np.random.default_rng(seed)) for seed in range(count)]


def test_each_operator_has_its_probability_and_descent_the_rest():
    text = "mutate_probability: 0.3 crossover_probability: 0.2 random_architecture_probability: 0.1 beam_size: 2"
    spec = spec_of(f"{DNN} {text} increase_complexity_minimum_trials: 0")
    found = Counter(p.origin for p in proposals(spec, history_of((0.9, [A, B, C]), (0.8, [C, B, A])), 1000))
    assert set(found) == {"mutate", "crossover", "random", "grow"}
    for origin, share in (("mutate", 300), ("crossover", 200), ("random", 100), ("grow", 400)):
        assert abs(found[origin] - share) < 60


def test_without_any_probability_it_is_descent():
    genetic = spec_of(f"{DNN} beam_size: 2 increase_complexity_probability: 0.5 increase_complexity_minimum_trials: 0")
    history = history_of((0.9, [A, B]), (0.8, [C]), (0.7, [A]))
    generators = (np.random.default_rng(1), np.random.default_rng(1))
    generators[1].random()  # The operator's own draw.
    expected = coordinate_descent.suggest(genetic, history, generators[1])
    assert suggest(genetic, history, generators[0]) == expected


def test_a_random_tower_comes_first_and_an_operator_only_looks_at_the_beam():
    spec = spec_of(f"{DNN} mutate_probability: 1 beam_size: 2")
    assert {p.origin for p in proposals(spec, MemoryHistory(), 10)} == {"random"}
    found = proposals(spec, history_of((0.9, [A]), (0.1, [A, A]), (0.8, [B, B])))
    assert {(p.origin, p.parents) for p in found} == {("mutate", (1,)), ("mutate", (3,))}


def test_crossover_of_vectors_joins_beginnings_and_ends_within_depth():
    spec = spec_of(
        f"{DNN} crossover_probability: 1 beam_size: 2 maximum_depth: 3 increase_complexity_minimum_trials: 0"
    )
    found = proposals(spec, history_of((0.9, [A, B]), (0.8, [C])), 200)
    assert {(p.architecture.blocks, p.parents) for p in found} == {
        ((A, C), (1, 2)),
        ((A,), (1, 2)),
        ((A, B, C), (1, 2)),
        ((C, A, B), (2, 1)),
        ((C, B), (2, 1)),
        ((B,), (2, 1)),
    }
    assert {p.origin for p in found} == {"crossover"}


def test_children_deeper_than_both_parents_wait_for_completed_trials():
    history = history_of((0.9, [A, B]), (0.8, [C]))
    for counts, deepest in (("[0, 0, 3]", 2), ("[0, 0, 2]", 3)):
        text = f"crossover_probability: 1 beam_size: 2 increase_complexity_minimum_trials: {counts}"
        found = proposals(spec_of(f"{DNN} {text}"), history)
        assert max(len(p.architecture) for p in found) == deepest


@pytest.mark.parametrize(
    ("text", "form", "first", "second"),
    [
        (CNN, PLATES, ["CONVOLUTION_3X3", "RESNET_3X3", A], ["RESNET_3X3", B, A]),
        (CNN, PLATES, [A, B], ["RESNET_3X3"]),
        (RNN, SEQUENCES, ["LSTM_128", "LSTM_256", A], ["LSTM_256", B, A]),
    ],
)
def test_crossover_keeps_the_form(text, form, first, second):
    spec = spec_of(f"{text} crossover_probability: 1 beam_size: 2 increase_complexity_minimum_trials: 0")
    towers = [tower(spec, names) for names in (first, second)]
    found = proposals(spec, history_of((0.9, towers[0]), (0.8, towers[1])), 200)
    for proposal in found:
        assert ordered(proposal.architecture, role_of, form) == proposal.architecture
        assert proposal.architecture not in towers
    assert len({proposal.architecture for proposal in found}) > 2


def test_towers_are_random_until_the_beam_is_full():
    spec = spec_of(f"{DNN} crossover_probability: 1 beam_size: 2 increase_complexity_minimum_trials: [0, 9]")
    assert {p.origin for p in proposals(spec, history_of((0.9, [A])), 10)} == {"random"}
    assert {p.origin for p in proposals(spec, history_of((0.9, [A]), (0.8, [B, C])), 10)} == {"crossover"}


def test_crossover_without_children_gives_way_to_descent():
    spec = spec_of(f"{DNN} crossover_probability: 1 beam_size: 2 increase_complexity_minimum_trials: [0, 9]")
    assert {p.origin for p in proposals(spec, history_of((0.9, [A]), (0.8, [A])), 10)} == {"mutate"}


def test_random_towers_are_as_deep_as_the_beam_may_be():
    spec = spec_of(f"{DNN} random_architecture_probability: 1")
    depths = Counter(len(p.architecture) for p in proposals(spec, history_of((0.9, [A, B, C]), (0.8, [A] * 6)), 150))
    assert set(depths) == {1, 2, 3}
    assert min(depths.values()) > 25


def test_an_operator_whose_children_are_all_known_gives_way():
    spec = spec_of(f"{DNN} mutate_probability: 1 increase_complexity_minimum_trials: 0")
    history = history_of((0.9, [A]), (0.8, [B]))
    history.add([C], state=TrialState.RUNNING)
    assert {p.origin for p in proposals(spec, history, 10)} == {"grow"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mutate_probability: -0.1", "mutate_probability is -0.1; it must be a number from 0 to 1"),
        ("crossover_probability: 1.5", "crossover_probability is 1.5; it must be a number from 0 to 1"),
        (
            "random_architecture_probability: nan",
            "random_architecture_probability is nan; it must be a number from 0 to 1",
        ),
        (
            "mutate_probability: 0.7 random_architecture_probability: 0.4",
            "mutate_probability + crossover_probability + random_architecture_probability is 1.1;"
            " the sum must be at most 1",
        ),
        (
            "crossover_probability: 0.5",
            "crossover_probability is 0.5; it needs beam_size 2 or more: two parents",
        ),
    ],
)
def test_probabilities_that_cannot_be_are_refused(text, message):
    with pytest.raises(UsageError) as caught:
        validate(parse_spec(f"{DNN} {text}", "x"))
    assert str(caught.value) == f"spec field {message}"


def test_probabilities_that_sum_up_to_one_as_people_count_are_allowed():
    spec_of(
        f"{DNN} beam_size: 2 mutate_probability: 0.3 crossover_probability: 0.6 random_architecture_probability: 0.1"
    )
