"""TREE_PARZEN: depth, blocks and hyperparameters as one tree-shaped space.

For each choice in the tree - how deep, which block at a place, each hyperparameter that this tower has - the trials
that had to make it are parted into the best and the rest, and a density is fitted to either. Of values drawn from the
one of the best the one is taken that is likeliest in it compared with the other (Bergstra, Bardenet, Bengio and Kegl
2011, "Algorithms for Hyper-Parameter Optimization", NeurIPS, section 4). The densities are those of Optuna's
`TPESampler`, which sees the study anew at each proposal; trials under way count among the rest, those stopped early
behind all completed ones.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, islice
from typing import TYPE_CHECKING

import numpy as np

from ..architecture import Architecture
from ..hyperparameters import hyperparameter_space
from ..spec import SearchSpec
from ..study import History
from .algorithm import Proposal
from .choice import first_new
from .depths import deepest, towers_of_any_depth
from .edits import mutated
from .evidence import evidence, known_last
from .optuna_study import asked_tower, asked_values, study_of

if TYPE_CHECKING:
    import optuna

# Trials before densities are fitted, as in Optuna.
_RANDOM_TRIALS = 10
# Towers drawn from the densities; then the first of them with another block at one place; then random ones.
_DRAWS, _CHANGED, _RANDOM = 16, 100, 200


def suggest(spec: SearchSpec, history: History, rng: np.random.Generator, *, train_steps: int) -> Proposal:
    """Proposes a tower with all its hyperparameters, the first ten times a random tower alone; see `JointAlgorithm`."""
    trials, completed = evidence(history), history.completed_count()
    random = towers_of_any_depth(spec, completed, rng, _RANDOM)
    if len(trials) < _RANDOM_TRIALS:
        return first_new(random, history)
    study = study_of(spec, history, trials, train_steps, int(rng.integers(2**31)))
    asked: dict[Architecture, optuna.Trial] = {}
    drawn = _drawn(spec, study, deepest(spec, completed), asked)
    first = next(drawn)
    changed = (Proposal(other, (), "tree parzen, changed") for other in mutated(spec, first.architecture, rng))
    candidates = chain([first], drawn, islice(changed, _CHANGED), random)
    proposal = first_new(known_last(candidates, history, trials), history)
    space = hyperparameter_space(spec, proposal.architecture, train_steps)
    choice = asked.get(proposal.architecture) or study.ask()
    return replace(proposal, hyperparameters=asked_values(space, choice))


def _drawn(
    spec: SearchSpec, study: "optuna.Study", last: int, asked: dict[Architecture, "optuna.Trial"]
) -> Iterator[Proposal]:
    """Towers drawn from the densities; `asked` gets the trial of each. Earlier ones count as under way."""
    for _ in range(_DRAWS):
        choice = study.ask()
        architecture = asked_tower(spec, choice, last)
        asked.setdefault(architecture, choice)
        yield Proposal(architecture, (), "tree parzen")
