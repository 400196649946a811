from collections import Counter

import numpy as np
import pytest
from studies import MemoryHistory

from model_search.algorithms import SearchSpaceExhaustedError, algorithm_of
from model_search.algorithms.bandit import gains
from model_search.errors import UsageError
from model_search.proto.search_spec_pb2 import BanditSpec, ProblemType, SearchSpec, SearchType
from model_search.spec import complete, validate
from model_search.study import TrialState

A, B, C = "FULLY_CONNECTED", "LOWRANK_1", "BOTTLENECK_32"
DESCENT, RANDOM, EVOLUTION = "ADAPTIVE_COORDINATE_DESCENT", "NONADAPTIVE_RANDOM_SEARCH", "REGULARIZED_EVOLUTION"
ARMS = [SearchType.Value(name) for name in (DESCENT, RANDOM, EVOLUTION)]


def spec_of(arms=tuple(ARMS), **fields):
    fields = {"problem_type": ProblemType.DNN, "blocks_to_use": [A, B, C], "minimum_depth": 4, **fields}
    return complete(SearchSpec(search_type=SearchType.BANDIT, bandit=BanditSpec(arms=arms), **fields))


def propose(spec, history, seed=0):
    return algorithm_of(spec, 100)(spec, history, np.random.default_rng(seed))


def played(objectives: dict[str, float], trials: int, seed: int, running: int = 0) -> Counter:
    """How often each arm had a trial, where all of an arm's trials reach its objective, each a little more."""
    history, spec = MemoryHistory(), spec_of()
    for number in range(trials):
        proposal = propose(spec, history, 1000 * seed + number)
        name = proposal.origin.partition(":")[0]
        history.add(proposal.architecture.blocks, objectives[name] + number / 1e4, origin=proposal.origin)
    return Counter(trial.suggestion.origin.partition(":")[0] for trial in history.trials)


def test_gains_are_discounted_successes_and_failures_of_each_arm():
    history = MemoryHistory()
    for objective in (0.1, 0.2, 0.3, 0.4):
        history.add([A], objective, origin=f"{RANDOM}: random")
    history.add([A], 0.5, origin=f"{DESCENT}: grow")
    history.add([B], 0.05, origin=f"{RANDOM}: random")
    history.add([B], 0.45, origin=f"{EVOLUTION}: mutate")
    history.add([B], 0.9, origin="user")
    history.add([B], 0.99, TrialState.STOPPED, origin=f"{EVOLUTION}: mutate")
    history.add([C], state=TrialState.RUNNING, origin=f"{DESCENT}: mutate")
    history.add([C], state=TrialState.INFEASIBLE, origin=f"{RANDOM}: random")
    successes, failures = gains(ARMS, history)
    # The fifth to the ninth trial are judged; of six before it the third evolved one is second best: a success.
    assert successes == pytest.approx([0.99**4, 0, 0.99**2])
    assert failures == pytest.approx([1, 0.99**3, 1])


def test_an_arm_that_always_wins_gets_most_trials_and_each_arm_gets_some():
    for seed in range(3):
        counts = played({DESCENT: 0.1, RANDOM: 0.5, EVOLUTION: 0.2}, 50, seed)
        assert counts[RANDOM] > 25
        assert min(counts[name] for name in (DESCENT, EVOLUTION)) >= 2


def test_trials_under_way_make_room_for_other_arms():
    history = MemoryHistory()
    chosen = Counter(propose(spec_of(), history, seed).origin.partition(":")[0] for seed in range(60))
    assert min(chosen[name] for name in (DESCENT, RANDOM, EVOLUTION)) > 8
    for _ in range(20):
        history.add([A, A, A, A], state=TrialState.RUNNING, origin=f"{RANDOM}: random")
    assert Counter(propose(spec_of(), history, seed).origin.partition(":")[0] for seed in range(60))[RANDOM] < 8


def test_an_arm_with_nothing_left_gives_way_to_one_that_has_something():
    spec = spec_of([SearchType.NONADAPTIVE_RANDOM_SEARCH, SearchType.ADAPTIVE_COORDINATE_DESCENT], minimum_depth=1,
                   blocks_to_use=[A], increase_complexity_minimum_trials=[0])  # fmt: skip
    history = MemoryHistory()
    history.add([A], 0.5)
    assert {propose(spec, history, seed).origin for seed in range(10)} == {f"{DESCENT}: grow"}
    failed = MemoryHistory()
    failed.add([A], state=TrialState.INFEASIBLE)
    spec.maximum_depth = 1
    with pytest.raises(SearchSpaceExhaustedError, match="1 architectures"):
        propose(spec, failed)


@pytest.mark.parametrize(
    ("arms", "message"),
    [
        ([RANDOM], "bandit.arms is NONADAPTIVE_RANDOM_SEARCH; it must name two search types or more, or none"),
        ([RANDOM, "BANDIT"], "bandit.arms is BANDIT; it must be a search type other than BANDIT"),
        ([RANDOM, DESCENT, RANDOM], "bandit.arms is NONADAPTIVE_RANDOM_SEARCH; it is there twice"),
    ],
)
def test_arms_that_make_no_sense_are_refused(arms, message):
    with pytest.raises(UsageError, match=f"spec field {message}"):
        validate(spec_of([SearchType.Value(name) for name in arms]))
