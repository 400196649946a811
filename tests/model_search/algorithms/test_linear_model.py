from itertools import islice, product

import numpy as np
import pytest
from learned_studies import VECTORS, history_of, propose, spec_of

from model_search.algorithms.alphabet import Alphabet
from model_search.algorithms.evidence import BEST, NEWEST, evidence
from model_search.algorithms.linear_model import cheapest, fit
from model_search.errors import UsageError
from model_search.proto.search_spec_pb2 import LinearModelSpec, ProblemType, SearchType
from model_search.spec.towers import tower
from model_search.study import TrialState

HEAD, BASE = LinearModelSpec.NET_ALIGN_HEAD, LinearModelSpec.NET_ALIGN_BASE
COSTS = np.array([[0.0, 1.0, 2.0, 3.0], [0.5, 0.0, 4.0, 4.0], [2.0, 2.0, 0.0, 9.0]])


def linear(problem_type=ProblemType.DNN, own=None, **fields):
    own = LinearModelSpec(**{"remove_outliers": False, **(own or {})})
    return spec_of(SearchType.LINEAR_MODEL, problem_type, **{"linear_model": own, **fields})


def planted(string):
    return float(sum(COSTS[place, letter] for place, letter in enumerate(string)))


def names(string):
    return tuple(VECTORS[letter] for letter in string)


def test_a_planted_additive_loss_is_recovered():
    chance = np.random.default_rng(3)
    strings = [tuple(string) for string in chance.integers(4, size=(60, 3)).tolist()]
    model = fit(strings, np.array([planted(s) for s in strings]), 4, LinearModelSpec(network_alignment=BASE))
    weights = model.costs(3)
    scale = np.std([planted(string) for string in strings])
    for place in range(3):
        differences = (weights[place] - weights[place, 0]) * scale
        assert differences == pytest.approx(COSTS[place] - COSTS[place, 0], abs=0.01)


def test_the_best_towers_come_first_and_tried_ones_never():
    everything = sorted(product(range(4), repeat=3), key=planted)
    assert everything[0] == (0, 1, 2)
    spec = linear(blocks_to_use=VECTORS, increase_complexity_probability=0)
    history = history_of(planted, everything[20:])
    for best in everything[:3]:
        proposal = propose(spec, history, seed=5)
        assert (proposal.architecture.blocks, proposal.origin) == (names(best), "linear model")
        history.add(names(best), state=TrialState.RUNNING)


def test_random_towers_until_enough_trials_have_completed():
    strings = list(product(range(4), repeat=2))[:9]
    spec = linear(blocks_to_use=VECTORS, minimum_depth=2, own={"trials_before_fit": 10})
    history = history_of(planted, strings)
    history.add(names((3, 3)), state=TrialState.RUNNING)
    assert propose(spec, history).origin == "random"
    history.add(names((3, 2)), -6.0)
    assert propose(spec, history).origin == "linear model"


@pytest.mark.parametrize(("alignment", "last_blocks"), [(HEAD, {VECTORS[0]}), (BASE, set(VECTORS))])
def test_alignment_decides_what_is_learned_of_towers_that_grow(alignment, last_blocks):
    # Only the block next to the logits matters. Counted from the base, a third place is one that no tower had.
    strings = [string for places in (1, 2) for string in product(range(4), repeat=places)]
    history = history_of(lambda string: float(string[-1]) + 0.01 * len(strings[0]) - 0.1 * len(string), strings)
    spec = linear(blocks_to_use=VECTORS, increase_complexity_minimum_trials=[0], own={"network_alignment": alignment})
    proposals = [propose(spec, history, seed).architecture.blocks for seed in range(30)]
    assert {len(blocks) for blocks in proposals} == {3}
    assert {blocks[-1] for blocks in proposals} == last_blocks
    # The place that is new counted from the head is the first one.
    assert ({blocks[0] for blocks in proposals} == set(VECTORS)) == (alignment == HEAD)


def test_growth_has_its_probability_and_waits_for_trials():
    strings = list(product(range(4), repeat=1))
    history = history_of(planted, [*strings[1:], *[(3,)] * 7])
    spec = linear(blocks_to_use=VECTORS, increase_complexity_minimum_trials=[0], increase_complexity_probability=0.5)
    depths = [len(propose(spec, history, seed).architecture) for seed in range(60)]
    assert 15 < depths.count(2) < 45
    assert depths.count(1) == 60 - depths.count(2)
    waiting = linear(blocks_to_use=VECTORS, increase_complexity_minimum_trials=[0, 99])
    assert {propose(waiting, history, seed).architecture.blocks for seed in range(5)} == {names((0,))}


def test_ties_are_broken_by_chance():
    drawn = {
        next(cheapest(np.zeros((2, 3)), Alphabet(("a", "b", "c"), frozenset(), frozenset()), rng))
        for rng in map(np.random.default_rng, range(100))
    }
    assert drawn == set(product(range(3), repeat=2))


@pytest.mark.parametrize(("body", "vectors"), [((), ()), ((0, 1), (3,)), ((0,), (1, 2, 3))])
def test_strings_come_by_cost_each_once(body, vectors):
    costs = np.random.default_rng(1).normal(size=(3, 4))
    alphabet = Alphabet(("a", "b", "c", "d"), frozenset(body), frozenset(vectors))
    strings = list(cheapest(costs, alphabet, np.random.default_rng(0)))
    valid = {
        string
        for string in product(range(4), repeat=3)
        if not any(string[i] in vectors and string[j] in body for i in range(3) for j in range(i, 3))
    }
    assert set(strings) == valid
    assert len(strings) == len(valid)
    sums = [sum(costs[place, letter] for place, letter in enumerate(string)) for string in strings]
    assert sums == sorted(sums)


def test_the_best_of_a_space_too_large_to_list_is_found_at_once():
    costs = np.random.default_rng(1).normal(size=(30, 8))
    alphabet = Alphabet(tuple("abcdefgh"), frozenset(), frozenset())
    first, second = islice(cheapest(costs, alphabet, np.random.default_rng(0)), 2)
    assert first == tuple(costs.argmin(axis=1))
    assert sum(a != b for a, b in zip(first, second, strict=True)) == 1


def test_outliers_are_far_worse_than_the_others_never_better():
    # Median 1, median absolute deviation 1: the limit is 1 + 3 * 1.4826.
    strings = [(0,), (0,), (1,), (1,), (2,), (0,), (3,)]
    costs = np.array([0.0, 0.0, 1.0, 1.0, 2.0, 5.5, -90.0])
    kept = fit(strings, costs, 4, LinearModelSpec(remove_outliers=True)).weights
    without = [0, 1, 2, 3, 4, 6]
    expected = fit([strings[row] for row in without], costs[without], 4, LinearModelSpec(remove_outliers=False)).weights
    assert kept == pytest.approx(expected)
    within = np.array([0.0, 0.0, 1.0, 1.0, 2.0, 5.4, -90.0])
    all_kept = fit(strings, within, 4, LinearModelSpec(remove_outliers=True)).weights
    assert all_kept == pytest.approx(fit(strings, within, 4, LinearModelSpec(remove_outliers=False)).weights)


def test_equal_costs_have_no_outliers():
    costs = np.array([1.0, 1.0, 1.0, 5.0])
    model = fit([(0,), (0,), (0,), (1,)], costs, 2, LinearModelSpec())
    assert model.weights[0, 1] > model.weights[0, 0]


def test_the_penalty_shrinks():
    strings, costs = [(0,), (1,)], np.array([-1.0, 1.0])
    # Two centred rows (-1/2, 1/2), (1/2, -1/2): weights w, -w with (1 - w)**2 * 2 + penalty * w**2 * 2 least.
    for penalty in (0.5, 3.0):
        model = fit(strings, costs, 2, LinearModelSpec(ridge_penalty=penalty))
        assert model.weights == pytest.approx(np.array([[-1.0, 1.0]]) / (1.0 + penalty))


def test_towers_keep_their_order():
    blocks = ["CONVOLUTION_3X3", "FULLY_CONNECTED", "FLATTEN"]
    spec = linear(ProblemType.CNN, blocks_to_use=blocks, increase_complexity_probability=0)
    towers = [tower(spec, [blocks[a], blocks[b]]) for a, b in ((0, 0), (1, 1), (0, 1))]
    history = history_of(lambda _: 0.0, [])
    for number in range(12):
        history.add(towers[number % 2].blocks, 0.5)
    assert propose(spec, history).architecture == towers[2]


def test_many_trials_are_the_best_and_the_newest():
    history = history_of(lambda string: float(string[0]), [(0,)] * 10 + [(1,)] * (BEST + NEWEST + 90))
    history.add(["IDENTITY"], 0.0, TrialState.STOPPED)
    seen = [trial.number for trial in evidence(history)]
    total = BEST + NEWEST + 101
    assert seen == [*range(1, BEST + 1), *range(total - NEWEST + 1, total + 1)]


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ({"ridge_penalty": 0.0}, "linear_model.ridge_penalty is 0; it must be a finite number above 0"),
        ({"ridge_penalty": float("inf")}, "linear_model.ridge_penalty is inf; it must be a finite number above 0"),
        ({"trials_before_fit": 0}, "linear_model.trials_before_fit is 0; it must be 1 or more"),
        (
            {"network_alignment": 0},
            "linear_model.network_alignment is NET_ALIGN_UNSPECIFIED; it must be NET_ALIGN_HEAD or NET_ALIGN_BASE",
        ),
    ],
)
def test_mistakes_of_the_spec(own, message):
    with pytest.raises(UsageError) as caught:
        linear(own=own)
    assert str(caught.value) == f"spec field {message}"
