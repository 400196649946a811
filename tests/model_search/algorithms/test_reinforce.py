from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from learned_studies import FORMS, VECTORS, history_of, propose, spec_of

from model_search.algorithms import reinforce
from model_search.algorithms.alphabet import Alphabet, alphabet_of
from model_search.algorithms.block_policy import Policy
from model_search.algorithms.evidence import evidence
from model_search.architecture import depth
from model_search.errors import UsageError
from model_search.proto.search_spec_pb2 import ProblemType, ReinforceSpec, SearchType
from model_search.spec.towers import role_of, tower
from model_search.study import TrialState

MIXED = Alphabet(("plate", "vector", "any"), frozenset([0]), frozenset([1]))
PLAIN = Alphabet(VECTORS, frozenset(), frozenset())


def controlled(problem_type=ProblemType.DNN, own=None, **fields):
    own = ReinforceSpec(**(own or {}))
    return spec_of(SearchType.REINFORCE_CONTROLLER, problem_type, **{"reinforce": own, **fields})


def valid(string):
    return not any(string[i] == 1 and 0 in string[i:] for i in range(len(string)))


def loss(policy, parameters, strings, advantages, weight):
    """Minus the mean of advantage times log likelihood and the entropies, straight from the definition."""
    logs = policy._forward(parameters, strings)[0]
    shares = np.exp(logs)
    entropy = -np.where(shares > 0, shares * logs, 0.0).sum(axis=(0, 2))
    return -(advantages * policy.log_likelihoods(parameters, strings) + weight * entropy).mean()


def test_the_gradient_is_that_of_the_loss():
    policy = Policy(MIXED, 2, 3)
    parameters = 20.0 * policy.initial(1)
    strings = policy.encode([(0, 0, 1), (2, 2), (1, 1, 2, 1)], [4, 2, 9])
    advantages = np.array([0.5, -1.0, 2.0])
    steps = 1e-5 * np.eye(len(parameters))
    numeric = [
        (
            loss(policy, parameters + step, strings, advantages, 0.3)
            - loss(policy, parameters - step, strings, advantages, 0.3)
        )
        / 2e-5
        for step in steps
    ]
    gradient = policy.gradient(parameters, strings, advantages, 0.3)
    assert np.abs(gradient).max() > 0.1
    assert gradient == pytest.approx(np.array(numeric), abs=1e-8)


def test_probabilities_of_all_strings_sum_to_one():
    policy = Policy(MIXED, 2, 5)
    parameters = 20.0 * policy.initial(1)
    strings = [s for places in (2, 3, 4) for s in product(range(3), repeat=places) if valid(s)]
    shares = np.exp(policy.log_likelihoods(parameters, policy.encode(strings, [4] * len(strings))))
    assert shares.sum() == pytest.approx(1.0)
    drawn = policy.sample(parameters, 20_000, 4, np.random.default_rng(0))
    assert set(drawn) <= set(strings)
    frequent = int(shares.argmax())
    assert drawn.count(strings[frequent]) / 20_000 == pytest.approx(shares[frequent], rel=0.1)


def test_parts_of_strings_are_the_same_strings():
    policy = Policy(PLAIN, 1, 4)
    parameters = policy.initial(0)
    strings = [(0,), (1, 2), (3, 3, 3, 3), (2,), (1,)]
    whole = policy.encode(strings, [5] * 5)
    likelihoods = policy.log_likelihoods(parameters, whole)
    part = whole.part(3, 5)
    assert part.tokens.shape == (2, 2)
    assert policy.log_likelihoods(parameters, part) == pytest.approx(likelihoods[3:])


def test_rewards_are_ranks():
    assert reinforce.rewards_of(np.array([0.1, 900.0, 0.2, 0.2, 0.15])).tolist() == [1.0, -1.0, -0.25, -0.25, 0.5]
    assert reinforce.rewards_of(np.array([3.0])).tolist() == [0.0]


def learn(policy, cost_of, trials, longest, own=None):
    """A controller that has trained on what it wrote itself, a batch at a time."""
    own, chance = ReinforceSpec(**(own or {})), np.random.default_rng(0)
    strings = []
    while len(strings) < trials:
        costs = np.array([cost_of(string) for string in strings])
        encoded = policy.encode(strings, [longest] * len(strings))
        controller = reinforce.trained(policy, encoded, reinforce.rewards_of(costs), own)
        strings += policy.sample(controller.parameters, own.batch_size, longest, chance)
    return controller


def test_a_planted_bandit_is_learned():
    controller = learn(Policy(PLAIN, 1, 32), lambda string: float(string[0] != 2), 160, 1)
    assert np.exp(controller.log_probabilities([(2,)], 1))[0] > 0.9


def test_a_planted_dependency_of_two_places_is_learned():
    # The second block must be the first one's partner: neither place alone says anything.
    policy = Policy(Alphabet(VECTORS[:2], frozenset(), frozenset()), 2, 32)
    controller = learn(policy, lambda string: float(string[0] == string[1]), 240, 2)
    both = np.exp(controller.log_probabilities([(0, 1), (1, 0)], 2))
    assert both.sum() > 0.9


def test_where_to_stop_is_learned():
    controller = learn(Policy(PLAIN, 1, 16), lambda string: abs(len(string) - 3.0), 200, 5)
    drawn = controller.policy.sample(controller.parameters, 200, 5, np.random.default_rng(1))
    assert sum(len(string) == 3 for string in drawn) > 160


def test_the_settings_count():
    policy, chance = Policy(PLAIN, 1, 4), np.random.default_rng(0)
    strings = policy.encode([tuple(s) for s in chance.integers(4, size=(12, 2)).tolist()], [3] * 12)
    rewards = chance.normal(size=12)

    def parameters(**own):
        return reinforce.trained(policy, strings, rewards, ReinforceSpec(**own)).parameters

    base = parameters()
    for own in ({"learning_rate": 0.1}, {"baseline_decay": 0.1}, {"batch_size": 3}, {"entropy_weight": 0.5}):
        assert np.abs(parameters(**own) - base).max() > 1e-3
    # An incomplete batch waits.
    assert (parameters(batch_size=13) == policy.initial(0)).all()
    assert (parameters(batch_size=7) == reinforce.trained(policy, strings.part(0, 7), rewards[:7],
                                                         ReinforceSpec(batch_size=7)).parameters).all()  # fmt: skip


def test_entropy_keeps_the_policy_open():
    policy = Policy(PLAIN, 1, 8)
    shares = [
        np.exp(
            learn(policy, lambda s: float(s[0] != 2), 160, 1, {"entropy_weight": weight}).log_probabilities([(2,)], 1)
        )
        for weight in (0.0, 1.0)
    ]
    assert shares[0] > 0.9
    assert shares[1] < 0.6


@settings(max_examples=20)
@given(problem_type=st.sampled_from(sorted(FORMS)), seed=st.integers(0, 99), low=st.integers(1, 3))
def test_towers_are_valid_and_of_the_depths_allowed_now(problem_type, seed, low):
    spec = controlled(problem_type, minimum_depth=low, increase_complexity_minimum_trials=[0, 0, 0, 9])
    history = history_of(lambda _: 0.0, [])
    architecture = propose(spec, history, seed).architecture
    assert tower(spec, architecture) == architecture
    assert low <= depth(architecture, role_of) <= 3
    chance = np.random.default_rng(seed)
    for _ in range(9):
        history.add(tower(spec, chance.choice(alphabet_of(spec).names, low).tolist()).blocks, float(chance.random()))
    deeper = [propose(spec, history, seed).architecture for seed in range(3)]
    assert all(low <= depth(architecture, role_of) <= 4 for architecture in deeper)


def test_a_forced_stop_teaches_nothing():
    # Trials 1 and 2 could have one block only; by trial 3 two were allowed.
    spec = controlled(blocks_to_use=VECTORS, increase_complexity_minimum_trials=[0, 2, 99])
    seen = []
    policy_gradient = Policy.gradient

    def spy(policy, parameters, strings, *others):
        seen.append(strings.allowed)
        return policy_gradient(policy, parameters, strings, *others)

    history = history_of(lambda string: float(string[0]), [(0,), (1,), (2,), (3,)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Policy, "gradient", spy)
        reinforce.controller_of(spec, history, history.completed())
    (allowed,) = seen
    # After one block: stop alone, or all four blocks besides.
    assert allowed[1].sum(axis=1).tolist() == [1, 1, 5, 5]


def test_proposals_are_what_the_controller_would_write():
    spec = controlled(blocks_to_use=VECTORS, minimum_depth=5, maximum_depth=5)
    chance = np.random.default_rng(0)
    strings = [tuple(string) for string in chance.integers(4, size=(160, 5)).tolist()]
    history = history_of(lambda string: float(string[0] != 2), [(2, *s[1:]) if s[1] else s for s in strings])
    proposals = [propose(spec, history, seed) for seed in range(20)]
    assert {proposal.origin for proposal in proposals} == {"controller"}
    assert sum(proposal.architecture[0] == VECTORS[2] for proposal in proposals) > 15
    assert len({proposal.architecture for proposal in proposals}) > 5


def test_when_its_own_towers_are_tried_the_likeliest_edit_follows():
    # All it writes is (2, 2); of the edits of that only one was never trained.
    spec = controlled(blocks_to_use=VECTORS, minimum_depth=2, maximum_depth=2)
    everything = [s for s in product(range(4), repeat=2) if s not in ((2, 1), (0, 0))]
    history = history_of(lambda s: float(s != (2, 2)), [*everything, *[everything[10], (3, 3), (2, 2), (2, 2)] * 60])
    proposal = propose(spec, history)
    assert (proposal.architecture.blocks, proposal.origin) == ((VECTORS[2], VECTORS[1]), "near the controller's")


def test_equal_histories_have_equal_controllers_and_other_blocks_are_passed_over():
    spec = controlled(blocks_to_use=VECTORS[:3])
    strings = [(0,), (1,), (2,), (0, 1)] * 3
    first, second = (history_of(planted, strings) for _ in range(2))
    parameters = [reinforce.controller_of(spec, h, evidence(h)).parameters for h in (first, second)]
    assert (parameters[0] == parameters[1]).all()
    second.add([VECTORS[3]], 0.9)
    second.add([VECTORS[0]] * 5, 0.9)
    assert (reinforce.controller_of(spec, second, evidence(second)).parameters == parameters[0]).all()
    second.add([VECTORS[0]], 0.2, TrialState.STOPPED)
    for string in ((1,), (2,), (0,)):
        second.add([VECTORS[string[0]]], 0.3)
    assert (reinforce.controller_of(spec, second, evidence(second)).parameters != parameters[0]).any()


def planted(string):
    return float(string[0]) + 0.1 * len(string)


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ({"units": 0}, "reinforce.units is 0; it must be 1 or more"),
        ({"units": 300}, "reinforce.units is 300; it must be at most 256: each proposal trains the controller"),
        ({"batch_size": 0}, "reinforce.batch_size is 0; it must be 1 or more"),
        ({"learning_rate": 0.0}, "reinforce.learning_rate is 0; it must be above 0 and at most 1, a step of Adam"),
        ({"learning_rate": 1e9}, "reinforce.learning_rate is 1e+09; it must be above 0 and at most 1, a step of Adam"),
        ({"baseline_decay": 1.0}, "reinforce.baseline_decay is 1; it must be at least 0 and below 1"),
        ({"entropy_weight": -0.1}, "reinforce.entropy_weight is -0.1; it must be a finite number from 0"),
    ],
)
def test_mistakes_of_the_spec(own, message):
    with pytest.raises(UsageError) as caught:
        controlled(own=own)
    assert str(caught.value) == f"spec field {message}"


def test_trials_behind_the_last_complete_batch_wait():
    spec = controlled(blocks_to_use=VECTORS, minimum_depth=1, own={"batch_size": 4})
    strings = [(0,), (1, 2), (3,), (2,), (1,), (0, 0), (3, 3), (2, 1), (1, 1)]

    def parameters(count):
        history = history_of(lambda string: float(sum(string) - 5 * len(string)), strings[:count])
        return reinforce.controller_of(spec, history, evidence(history)).parameters

    whole = parameters(8)
    # The last would have changed the ranks of the others.
    assert (parameters(9) == whole).all()
    assert (parameters(7) != whole).any()
