"""BANDIT: several search algorithms, the arms, share the trials by what each has gained.

Each trial of an arm is a success or not: a success is among the best quarter of the trials completed shortly before
it. So the measure moves along with the search, and arms are compared by what they find now. Which arm comes next is
decided by Thompson sampling: a success rate is drawn for each from its Beta distribution, and the highest has the trial
(Agrawal and Goyal 2012, "Analysis of Thompson Sampling for the Multi-armed Bandit Problem", COLT, algorithm 1). Older
successes and failures count less (Raj and Kalyani 2017, "Taming Non-stationary Bandits", algorithm 1). A trial under
way counts as a failure until it has ended, so that trainers that ask at the same time spread out. Every arm sees the
whole study.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain

import numpy as np

from ..proto.search_spec_pb2 import SearchType
from ..spec import SearchSpec
from ..spec.search_types import search_types_of
from ..study import History, Objective, Trial, TrialState, rank_key
from .algorithm import Proposal, SearchSpaceExhaustedError
from .choice import first_new
from .evidence import ended

# A trial is compared with so many completed before it; with fewer than `_FEWEST` it says nothing of its arm.
_PEERS, _FEWEST = 20, 4
_BEST_SHARE = 0.25
# Of the weight of successes and failures, per trial: after 100 trials a third is left.
_DECAY = 0.99
# Trials that are older than this weigh too little to be looked at.
_MEMORY = 500


def suggest(spec: SearchSpec, history: History, rng: np.random.Generator, *, train_steps: int) -> Proposal:
    """Proposes what the chosen arm proposes, its name before the origin; see `JointAlgorithm`.

    Where that is nothing new, the other arms are asked, by their drawn rates.
    """
    _, *arms = search_types_of(spec)
    successes, failures = gains(arms, history)
    rates = rng.beta(1.0 + successes, 1.0 + failures)
    exhausted: list[SearchSpaceExhaustedError] = []
    order = [arms[place] for place in np.argsort(-rates, kind="stable")]
    proposals = _proposals(order, spec, history, rng, train_steps, exhausted)
    first = next(proposals, None)
    if first is None:
        raise exhausted[0]
    return first_new(chain([first], proposals), history)


def gains(arms: Sequence[int], history: History) -> tuple[np.ndarray, np.ndarray]:
    """Discounted numbers of successes and failures of the arms, (arms,) each."""
    places = {SearchType.Name(arm): place for place, arm in enumerate(arms)}
    counts = np.zeros((2, len(arms)))
    for trial, success in _judged(list(ended(history))[-_MEMORY:], history.objective):
        place = places.get(_arm_name(trial))
        counts *= _DECAY
        if place is not None:
            counts[0 if success else 1, place] += 1.0
    for trial in history.running():
        place = places.get(_arm_name(trial))
        if place is not None:
            counts[1, place] += 1.0
    return counts[0], counts[1]


def _arm_name(trial: Trial) -> str:
    """What the origin of a bandit's trial begins with; something else for other trials."""
    return trial.suggestion.origin.partition(":")[0] if trial.suggestion else ""


def _judged(trials: Sequence[Trial], objective: Objective) -> Iterator[tuple[Trial, bool]]:
    """Trials by number, and whether each was a success; without those that have too few before them."""
    peers: list[tuple[float, float, int]] = []
    for trial in trials:
        key = rank_key(objective, trial)
        if len(peers) >= _FEWEST:
            before = peers[-_PEERS:]
            is_stopped = trial.state is TrialState.STOPPED
            yield trial, not is_stopped and sum(peer < key for peer in before) < _BEST_SHARE * len(before)
        if trial.state is TrialState.COMPLETED:
            peers.append(key)


def _proposals(
    order: Sequence[int],
    spec: SearchSpec,
    history: History,
    rng: np.random.Generator,
    train_steps: int,
    exhausted: list[SearchSpaceExhaustedError],
) -> Iterator[Proposal]:
    """What each arm proposes; an arm that has nothing leaves its reason in `exhausted`."""
    # Here, because the table holds the bandit too.
    from .table import algorithm_named

    for arm in order:
        try:
            proposal = algorithm_named(arm, train_steps)(spec, history, rng)
        except SearchSpaceExhaustedError as error:
            exhausted.append(error)
        else:
            yield replace(proposal, origin=f"{SearchType.Name(arm)}: {proposal.origin}")
