"""TREE_PARZEN: depth, blocks and hyperparameters as one tree-shaped space.

For each choice in the tree - how deep, which block at a place, each hyperparameter that this tower has - the trials
that had to make it are parted into the best and the rest, and a density is fitted to either. Of values drawn from the
one of the best the one is taken that is likeliest in it compared with the other (Bergstra, Bardenet, Bengio and Kegl
2011, "Algorithms for Hyper-Parameter Optimization", NeurIPS, section 4). The densities are those of Optuna's
`TPESampler`; trials under way count among the rest, those stopped early behind all completed ones.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from typing import TYPE_CHECKING

import numpy as np

from ..architecture import TURNS, Architecture
from ..hyperparameters import hyperparameter_space
from ..spec import SearchSpec
from ..spec.towers import role_of, tower
from ..study import History, Trial
from .algorithm import Proposal
from .alphabet import Alphabet, alphabet_of
from .choice import first_new
from .depths import deepest, towers_of_any_depth
from .edits import mutated
from .evidence import evidence, known_last
from .joint_choices import Choice, chosen_values, hyperparameter_choices, turns_of, values_of
from .remaining import remaining

if TYPE_CHECKING:
    from .optuna_study import Chooser, Told

# Trials before densities are fitted, as in Optuna.
_RANDOM_TRIALS = 10
# Towers drawn from the densities; then the first of them with another block at one place; then random ones.
_DRAWS, _CHANGED, _RANDOM = 4, 100, 200
_DEPTH = Choice("depth", is_count=True)

Made = dict[Choice, float]


def suggest(spec: SearchSpec, history: History, rng: np.random.Generator, *, train_steps: int) -> Proposal:
    """Proposes a tower with all its hyperparameters, the first ten times a random tower alone; see `JointAlgorithm`."""
    trials, completed = evidence(history), history.completed_count()
    random = towers_of_any_depth(spec, completed, rng, _RANDOM)
    if len(trials) < _RANDOM_TRIALS:
        return first_new(chain(random, remaining(spec, history, rng)), history)
    # Here, because Optuna takes a second to import and only this search needs it.
    from .optuna_study import Chooser

    chooser = Chooser(told(spec, history, trials, train_steps), int(rng.integers(2**31)))
    drawn = _drawn(spec, chooser, deepest(spec, completed))
    first = next(drawn)
    changed = (Proposal(other, (), "tree parzen, changed") for other in mutated(spec, first.architecture, rng))
    candidates = chain([first], drawn, islice(changed, _CHANGED), random)
    new_first = known_last(candidates, history, trials)
    proposal = first_new(chain(new_first, remaining(spec, history, rng)), history)
    space = hyperparameter_space(spec, proposal.architecture, train_steps)
    chooser.begin()
    return replace(proposal, hyperparameters=chosen_values(space, chooser.choose))


def told(spec: SearchSpec, history: History, trials: Sequence[Trial], train_steps: int) -> "list[Told]":
    """These trials, which have ended, and the running ones, in Optuna's terms."""
    from .optuna_study import Told

    serialized, alphabet, turns = spec.SerializeToString(deterministic=True), alphabet_of(spec), turns_of(spec)
    found = []
    for trial in (*trials, *history.running()):
        made = tower_choices(alphabet, turns, trial.architecture)
        made |= hyperparameter_choices(serialized, trial.architecture, values_of(trial), train_steps)
        cost = history.objective.cost(trial.result.objective) if trial.result else 0.0
        found.append(Told(trial.number, trial.state, cost, tuple(made.items())))
    return found


def tower_choices(alphabet: Alphabet, turns: Sequence[str], architecture: Architecture) -> Made:
    """The choices that lead to a tower, without those that only a user can make: blocks that are not searched."""
    names = [name for name in architecture if role_of(name) not in TURNS]
    made: Made = {_DEPTH: len(names)}
    behind = False
    for place, name in enumerate(names):
        if name in alphabet.names:
            letter = alphabet.names.index(name)
            choice, allowed = _place(alphabet, place, behind)
            if letter in allowed:
                made[choice] = allowed.index(letter)
            behind = behind or letter in alphabet.vectors
    if len(turns) > 1:
        made.update((_turn(turns), turns.index(name)) for name in architecture if name in turns)
    return made


def _drawn(spec: SearchSpec, chooser: "Chooser", last: int) -> Iterator[Proposal]:
    """Towers drawn from the densities; earlier ones count as under way."""
    alphabet, turns = alphabet_of(spec), turns_of(spec)
    for _ in range(_DRAWS):
        deep = chooser.count(_DEPTH.name, spec.minimum_depth, last)
        names, behind = [], False
        for place in range(deep):
            choice, allowed = _place(alphabet, place, behind)
            letter = allowed[int(chooser.choose(choice))]
            behind = behind or letter in alphabet.vectors
            names.append(alphabet.names[letter])
        if len(turns) > 1:
            names.append(turns[int(chooser.choose(_turn(turns)))])
        yield Proposal(tower(spec, names), (), "tree parzen")
        chooser.begin()


def _place(alphabet: Alphabet, place: int, behind: bool) -> tuple[Choice, list[int]]:
    """The choice of the block at a place, counted from the input, and the letters that are its options.

    Behind a block of vectors none of the body may follow: sorted afterwards instead, blocks would come to stand at
    places that they were not chosen for.
    """
    allowed = [letter for letter in range(len(alphabet.names)) if not behind or letter not in alphabet.body]
    where = f"place {place}" if len(allowed) == len(alphabet.names) else f"place {place} behind vectors"
    return Choice(where, len(allowed)), allowed


def _turn(turns: Sequence[str]) -> Choice:
    return Choice("turn", len(turns))
