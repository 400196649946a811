"""PROGRESSIVE: depth by depth, the best towers grown by one block, as a regression ranks them.

Liu, Zoph, Neumann and others 2018, "Progressive Neural Architecture Search" (ECCV), algorithm 1. Trials begin with
towers of `minimum_depth`. When `trials_per_depth` trials of a depth have ended or are under way, its best completed
`trials_per_depth` are expanded by every block at every end; an ensemble of regressions on all trials ranks the
expansions, and the best of them are the trials of the next depth. The ensemble is fitted again for each trial. When
each depth has its trials, the ranking goes on over untried neighbours of the best of all depths.

Trainers never wait: while nothing of a depth has completed, more than its share of that depth is trained.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import nsmallest

import numpy as np

from ..architecture import Architecture
from ..spec import SearchSpec
from ..spec.towers import form_of
from ..study import History, Trial, rank_key
from . import random_search
from .algorithm import Proposal
from .choice import first_new
from .edits import grown, mutated
from .evidence import costs_of, evidence
from .expansion_ranking import predicted, weights_of
from .random_towers import all_towers, tower_count
from .remaining import remaining

# A first depth of at most so many towers is listed, a larger one drawn from.
_LISTED = 512
# Whose neighbours are ranked once all depths have their trials.
_PARENTS = 30


@dataclass(frozen=True)
class _Study:
    """What is known when a trial is proposed.

    Attributes:
      trials_of: number of trials by depth, those that run or were stopped among them, failed ones not.
      best_of: the best completed trials by depth, best first, at most `trials_per_depth`.
      known: towers of all these trials.
      weights: of the fitted ensemble.
    """

    trials_of: Mapping[int, int]
    best_of: Mapping[int, Sequence[Trial]]
    known: frozenset[Architecture]
    weights: Mapping[Hashable, float]


def suggest(spec: SearchSpec, history: History, rng: np.random.Generator) -> Proposal:
    """Proposes the best expansion for the depth whose turn it is; see `SearchAlgorithm`."""
    return first_new(_candidates(spec, history, rng), history)


def _candidates(spec: SearchSpec, history: History, rng: np.random.Generator) -> Iterator[Proposal]:
    """Untried towers for the depths that lack trials, from the first on; then of all depths; last what is known."""
    study, share = _study_of(spec, history, rng), spec.progressive.trials_per_depth
    for deep in range(spec.minimum_depth, spec.maximum_depth + 1):
        if study.trials_of[deep] >= share:
            continue
        if deep > spec.minimum_depth and deep - 1 not in study.best_of:
            # All of the depth before are under way: one more of them.
            yield from _of_depth(spec, study, deep - 1, rng)
            break
        yield from _of_depth(spec, study, deep, rng)
    yield from _ranked(_neighbours(spec, history.best(_PARENTS), rng), study, rng)
    yield from _of_depth(spec, study, spec.minimum_depth, rng)
    yield from remaining(spec, history, rng)


def _study_of(spec: SearchSpec, history: History, rng: np.random.Generator) -> _Study:
    # The flatten or summary is the one block of a tower that does not count.
    turns = 0 if form_of(spec) is None else 1
    completed, trials = history.completed(), evidence(history)
    towers = [trial.architecture for trial in (*completed, *history.stopped(), *history.running())]
    by_depth = defaultdict(list)
    for trial in completed:
        by_depth[len(trial.architecture) - turns].append(trial)
    share = spec.progressive.trials_per_depth
    best_of = {
        deep: nsmallest(share, group, key=lambda trial: rank_key(history.objective, trial))
        for deep, group in by_depth.items()
    }
    seen = [trial.architecture for trial in trials]
    return _Study(
        Counter(len(architecture) - turns for architecture in towers),
        best_of,
        frozenset(towers),
        weights_of(seen, costs_of(history, trials).tolist(), spec.progressive.ensemble_size, rng),
    )


def _of_depth(spec: SearchSpec, study: _Study, deep: int, rng: np.random.Generator) -> Iterator[Proposal]:
    """Untried towers of one depth: of the first at random, else expansions of the best one block less deep."""
    if deep == spec.minimum_depth:
        yield from (proposal for proposal in _first_towers(spec, rng) if proposal.architecture not in study.known)
    else:
        expansions = (
            Proposal(child, (parent.number,), "grow")
            for parent in study.best_of.get(deep - 1, ())
            for child in grown(spec, parent.architecture, rng)
        )
        yield from _ranked(expansions, study, rng)


def _first_towers(spec: SearchSpec, rng: np.random.Generator) -> Iterator[Proposal]:
    """Towers of the least depth in random order: all of them where they are few."""
    if tower_count(spec, spec.minimum_depth) > _LISTED:
        yield from random_search.candidates(spec, rng)
        return
    listed = list(all_towers(spec, spec.minimum_depth))
    for index in rng.permutation(len(listed)):
        yield Proposal(listed[index], origin="random")


def _neighbours(spec: SearchSpec, parents: Iterable[Trial], rng: np.random.Generator) -> Iterator[Proposal]:
    """Towers that have one block more than one of these, where depth allows, or another block at one place."""
    deepest = spec.maximum_depth + (0 if form_of(spec) is None else 1)
    for parent in parents:
        if len(parent.architecture) < deepest:
            for child in grown(spec, parent.architecture, rng):
                yield Proposal(child, (parent.number,), "grow")
        for child in mutated(spec, parent.architecture, rng):
            yield Proposal(child, (parent.number,), "mutate")


def _ranked(candidates: Iterable[Proposal], study: _Study, rng: np.random.Generator) -> Iterator[Proposal]:
    """Those that nobody has tried, by predicted cost, equal ones at random; the first parent of a tower counts."""
    found: dict[Architecture, Proposal] = {}
    for candidate in candidates:
        if candidate.architecture not in study.known:
            found.setdefault(candidate.architecture, candidate)
    proposals = list(found.values())
    costs = np.array([predicted(study.weights, proposal.architecture) for proposal in proposals])
    for index in np.lexsort((rng.random(len(proposals)), costs)):
        yield proposals[index]
