"""REINFORCE_CONTROLLER: a recurrent controller writes towers and learns from what becomes of them.

Zoph and Le 2017, "Neural Architecture Search with Reinforcement Learning" (ICLR), section 3.2: policy gradient
(Williams 1992) with a moving average of rewards as baseline, by Adam (Kingma and Ba 2015). The controller writes a
tower block by block and ends it with a stop. Towers become deeper as trials complete, as in the paper's experiments;
here `increase_complexity_minimum_trials` says when.

There is no controller to keep: each proposal trains one from the trials in the database, in batches in the order of
their numbers, always from the same first weights. So equal histories have equal controllers, and any number of trainers
share one. It sees all completed and stopped trials up to 400, of more the best 200 and the newest 200, and of these the
complete batches. Rewards are ranks, from -1 for the worst to 1 for the best: the scale of the metric does not matter.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

import numpy as np
from scipy.stats import rankdata

from ..proto.search_spec_pb2 import ReinforceSpec
from ..spec import SearchSpec
from ..study import History, Trial
from ..threads import one_thread
from .algorithm import Proposal
from .alphabet import alphabet_of, written
from .block_policy import Policy, Strings
from .choice import first_new
from .depths import deepest, trials_before_depth
from .edits import grown, mutated
from .evidence import costs_of, evidence, known_last
from .remaining import remaining

_SEED = 0
_SAMPLES = 64
# Adam's averages of gradients and of their squares, and what keeps it from dividing by 0.
_DECAY, _SQUARE_DECAY, _TINY = 0.9, 0.999, 1e-8


@dataclass(frozen=True)
class Controller:
    """A policy with its parameters."""

    policy: Policy
    parameters: np.ndarray

    def log_probabilities(self, strings: Sequence[tuple[int, ...]], longest: int) -> np.ndarray:
        """Of writing these strings where none may be longer than `longest`."""
        return self.policy.log_likelihoods(self.parameters, self.policy.encode(strings, [longest] * len(strings)))


def suggest(spec: SearchSpec, history: History, rng: np.random.Generator) -> Proposal:
    """Proposes a tower that the controller writes; see `SearchAlgorithm`."""
    trials = evidence(history)
    longest = deepest(spec, history.completed_count())
    with one_thread():
        controller = controller_of(spec, history, trials)
        strings = controller.policy.sample(controller.parameters, _SAMPLES, longest, rng)
        distinct = list(dict.fromkeys(strings))
        candidates = chain(
            (Proposal(written(spec, controller.policy.alphabet, one), origin="controller") for one in distinct),
            _near(spec, controller, distinct, longest, rng),
        )
        return first_new(chain(known_last(candidates, history, trials), remaining(spec, history, rng)), history)


def controller_of(spec: SearchSpec, history: History, trials: Sequence[Trial]) -> Controller:
    """The controller that these trials, in the order of their numbers, have trained."""
    alphabet = alphabet_of(spec)
    read = [(trial, alphabet.read(trial.architecture)) for trial in trials]
    usable = [
        (trial, string) for trial, string in read if string and spec.minimum_depth <= len(string) <= spec.maximum_depth
    ]
    usable = usable[: len(usable) - len(usable) % spec.reinforce.batch_size]
    strings = [string for _, string in usable]
    # How deep a trial might have been: what was no choice teaches nothing.
    steps = [trials_before_depth(spec, deep) for deep in range(spec.minimum_depth + 1, spec.maximum_depth + 1)]
    deepest_by_then = spec.minimum_depth + np.searchsorted(steps, [trial.number - 1 for trial, _ in usable], "right")
    longest = [max(len(string), int(deep)) for string, deep in zip(strings, deepest_by_then, strict=True)]
    policy = Policy(alphabet, spec.minimum_depth, spec.reinforce.units)
    costs = costs_of(history, [trial for trial, _ in usable])
    settings = spec.reinforce.SerializeToString(deterministic=True)
    return _remembered(policy, tuple(strings), tuple(longest), tuple(costs.tolist()), settings)


# Until a batch more is complete, proposals ask for the same one.
@lru_cache(maxsize=16)
def _remembered(
    policy: Policy,
    strings: tuple[tuple[int, ...], ...],
    longest: tuple[int, ...],
    costs: tuple[float, ...],
    settings: bytes,
) -> Controller:
    rewards = rewards_of(np.array(costs))
    return trained(policy, policy.encode(strings, longest), rewards, ReinforceSpec.FromString(settings))


def rewards_of(costs: np.ndarray) -> np.ndarray:
    """Ranks from -1 for the highest cost to 1 for the lowest, equal ones alike; 0 for a single one."""
    return 1.0 - 2.0 * (rankdata(costs) - 1.0) / (len(costs) - 1.0) if len(costs) > 1 else np.zeros(len(costs))


def trained(policy: Policy, strings: Strings, rewards: np.ndarray, settings: ReinforceSpec) -> Controller:
    """A controller after one gradient for each batch of `batch_size` strings; an incomplete last one waits."""
    parameters = policy.initial(_SEED)
    mean, square = np.zeros_like(parameters), np.zeros_like(parameters)
    size, baseline = settings.batch_size, 0.0
    for count in range(1, len(rewards) // size + 1):
        begin, end = (count - 1) * size, count * size
        batch = rewards[begin:end]
        baseline = baseline if count > 1 else float(batch.mean())
        gradient = policy.gradient(parameters, strings.part(begin, end), batch - baseline, settings.entropy_weight)
        baseline += (1.0 - settings.baseline_decay) * (float(batch.mean()) - baseline)
        mean += (1.0 - _DECAY) * (gradient - mean)
        square += (1.0 - _SQUARE_DECAY) * (gradient**2 - square)
        spread = np.sqrt(square / (1.0 - _SQUARE_DECAY**count)) + _TINY
        parameters -= settings.learning_rate / (1.0 - _DECAY**count) * mean / spread
    return Controller(policy, parameters)


def _near(
    spec: SearchSpec, controller: Controller, samples: Sequence[tuple[int, ...]], longest: int, rng: np.random.Generator
) -> Iterator[Proposal]:
    """Edits of the controller's favourite among its samples, the most probable ones first."""
    policy = controller.policy

    def likeliest_first(strings: Sequence[tuple[int, ...]]) -> list[int]:
        return np.argsort(-controller.log_probabilities(strings, longest), kind="stable").tolist()

    favourite = written(spec, policy.alphabet, samples[likeliest_first(samples)[0]])
    edits = list(mutated(spec, favourite, rng))
    if len(policy.alphabet.read(favourite) or ()) < longest:
        edits += grown(spec, favourite, rng)
    if edits:
        order = likeliest_first([policy.alphabet.read(tower) or () for tower in edits])
        yield from (Proposal(edits[place], origin="near the controller's") for place in order)
