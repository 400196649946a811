"""TREE_PARZEN: depth, blocks and hyperparameters as one tree-shaped space.

The trials are parted into the best tenth, 25 at most, and the rest. For each choice in the tree - how deep, which block
at a place, each hyperparameter that this tower has - a density (`parzen`) is fitted to either part, to those trials of
it that had to make the choice. Of values drawn from the one of the best the one is taken that is likeliest in it
compared with the other (Bergstra, Bardenet, Bengio and Kegl 2011, "Algorithms for Hyper-Parameter Optimization",
NeurIPS, section 4). Trials under way count among the rest, those stopped early behind all completed ones.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from math import ceil

import numpy as np

from ..architecture import TURNS, Architecture
from ..hyperparameters import hyperparameter_space
from ..spec import SearchSpec
from ..spec.towers import role_of, tower
from ..study import History, Trial, TrialState
from .algorithm import Proposal
from .alphabet import Alphabet, alphabet_of
from .choice import first_new
from .depths import deepest, towers_of_any_depth
from .edits import mutated, searched_blocks
from .evidence import evidence, known_last
from .joint_choices import chosen_values, hyperparameter_choices, turns_of, values_of
from .parzen import likelier_count, likelier_number, likelier_option

# Trials before densities are fitted.
_RANDOM_TRIALS = 10
_BEST_SHARE, _MOST_BEST = 0.1, 25
# Towers drawn from the densities; then the first of them with another block at one place; then random ones.
_DRAWS, _CHANGED, _RANDOM = 16, 100, 200
_DEPTH, _TURN = "depth", "turn"


@dataclass
class Parted:
    """What was chosen, by the name of the choice: in the best trials and in the rest, oldest first."""

    good: dict[str, list[float]] = field(default_factory=dict)
    rest: dict[str, list[float]] = field(default_factory=dict)

    def add(self, choices: Mapping[str, float], is_good: bool = False) -> None:
        """One trial more; what is under way is no good one."""
        side = self.good if is_good else self.rest
        for name, value in choices.items():
            side.setdefault(name, []).append(value)

    def of(self, name: str) -> tuple[Sequence[float], Sequence[float]]:
        """Both sides of a choice."""
        return self.good.get(name, ()), self.rest.get(name, ())


def suggest(spec: SearchSpec, history: History, rng: np.random.Generator, *, train_steps: int) -> Proposal:
    """Proposes a tower with all its hyperparameters, the first ten times a random tower alone; see `JointAlgorithm`."""
    trials, completed = evidence(history), history.completed_count()
    random = towers_of_any_depth(spec, completed, rng, _RANDOM)
    if len(trials) < _RANDOM_TRIALS:
        return first_new(random, history)
    parted = parted_choices(spec, history, trials, train_steps)
    drawn = _drawn(spec, parted, deepest(spec, completed), rng)
    first = next(drawn)
    changed = (Proposal(other, (), "tree parzen, changed") for other in mutated(spec, first.architecture, rng))
    candidates = chain([first], drawn, islice(changed, _CHANGED), random)
    proposal = first_new(known_last(candidates, history, trials), history)

    def choose(name: str, options: int) -> float:
        if options:
            return likelier_option(*parted.of(name), np.ones(options, bool), rng)
        return likelier_number(*parted.of(name), rng)

    space = hyperparameter_space(spec, proposal.architecture, train_steps)
    return replace(proposal, hyperparameters=chosen_values(space, choose))


def parted_choices(spec: SearchSpec, history: History, trials: Sequence[Trial], train_steps: int) -> Parted:
    """The choices of these trials, which have ended, and of the running ones."""
    ranked = sorted(trials, key=lambda trial: _rank(history, trial))
    best = {trial.number for trial in ranked[: min(ceil(_BEST_SHARE * len(ranked)), _MOST_BEST)]}
    parted, serialized = Parted(), spec.SerializeToString(deterministic=True)
    blocks, turns = searched_blocks(spec), turns_of(spec)
    for trial in (*trials, *history.running()):
        made = _tower_choices(blocks, turns, trial.architecture)
        values = hyperparameter_choices(serialized, trial.architecture, values_of(trial), train_steps)
        parted.add(made | values, trial.number in best)
    return parted


def _rank(history: History, trial: Trial) -> tuple[bool, float]:
    cost = history.objective.cost(trial.result.objective) if trial.result else 0.0
    return trial.state is TrialState.STOPPED, cost


def _tower_choices(blocks: Sequence[str], turns: Sequence[str], architecture: Architecture) -> dict[str, float]:
    """The choices that lead to a tower, without those that only a user can make: blocks that are not searched."""
    names = [name for name in architecture if role_of(name) not in TURNS]
    made: dict[str, float] = {_DEPTH: len(names)}
    made |= {_place(place): blocks.index(name) for place, name in enumerate(names) if name in blocks}
    if len(turns) > 1:
        made.update((_TURN, turns.index(name)) for name in architecture if name in turns)
    return made


def _drawn(spec: SearchSpec, parted: Parted, last: int, rng: np.random.Generator) -> Iterator[Proposal]:
    """Towers drawn from the densities; earlier ones count as under way."""
    alphabet, turns = alphabet_of(spec), turns_of(spec)
    for _ in range(_DRAWS):
        deep = likelier_count(*parted.of(_DEPTH), spec.minimum_depth, last, rng)
        letters = _drawn_letters(alphabet, parted, deep, rng)
        made: dict[str, float] = {_DEPTH: deep}
        made |= {_place(place): letter for place, letter in enumerate(letters)}
        names = [alphabet.names[letter] for letter in letters]
        if len(turns) > 1:
            turn = likelier_option(*parted.of(_TURN), np.ones(len(turns), bool), rng)
            made[_TURN] = turn
            names.append(turns[turn])
        parted.add(made)
        yield Proposal(tower(spec, names), (), "tree parzen")


def _drawn_letters(alphabet: Alphabet, parted: Parted, deep: int, rng: np.random.Generator) -> list[int]:
    """So many letters from the densities, in a tower's order: no block of the body behind one of vectors.

    Sorted afterwards instead, blocks would come to stand at places that they were not drawn for.
    """
    letters: list[int] = []
    allowed = np.ones(len(alphabet.names), bool)
    for place in range(deep):
        letters.append(likelier_option(*parted.of(_place(place)), allowed, rng))
        if letters[-1] in alphabet.vectors:
            allowed[sorted(alphabet.body)] = False
    return letters


def _place(place: int) -> str:
    return f"place {place}"
