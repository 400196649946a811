"""BAYESIAN: a Gaussian process over depth, blocks and shared hyperparameters together.

Where `hypertuning_method: "bayesian"` sees hyperparameters alone, this search sees beside them how deep a tower is and
which block stands at each place, counted from the input. It is the same oracle of keras-tuner, `SampledBayesianOracle`;
trained next is the tower that nobody has trained with the lowest confidence bound of its cost (Srinivas, Krause, Kakade
and Seeger 2010, "Gaussian Process Optimization in the Bandit Setting", ICML). What single blocks ask for is left to the
random oracle, because other towers do not have it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain, islice

import keras_tuner
import numpy as np

from ..architecture import TURNS, Architecture
from ..hyperparameters import hyperparameter_space
from ..hyperparameters.oracles import learned_oracle
from ..hyperparameters.placing import coordinate, nearest, shared
from ..hyperparameters.values import plain
from ..spec import SearchSpec
from ..spec.towers import role_of, tower
from ..study import History, HyperparameterValue, Trial
from .algorithm import Proposal
from .choice import first_new
from .depths import deepest, towers_of_any_depth
from .edits import searched_blocks
from .evidence import evidence, known_last

_RANDOM_TRIALS = 10
# Points of the process that may be proposed, best first; then random towers.
_RANKED, _RANDOM = 1000, 200
_DEPTH = "depth"


def suggest(spec: SearchSpec, history: History, rng: np.random.Generator, *, train_steps: int) -> Proposal:
    """Proposes a tower with shared hyperparameters, the first ten times a random tower alone; see `JointAlgorithm`."""
    trials, last = evidence(history), deepest(spec, history.completed_count())
    random = towers_of_any_depth(spec, history.completed_count(), rng, _RANDOM)
    if len(trials) < _RANDOM_TRIALS:
        return first_new(random, history)
    space = _space(spec, last, train_steps)
    oracle = learned_oracle(
        space, history, int(rng.integers(1, 2**31)), lambda trial: _point(spec, trial, space, train_steps)
    )
    ranked: dict[Architecture, Mapping[str, HyperparameterValue]] = {}
    towers = _towers(spec, islice(oracle.proposals(), _RANKED), ranked)
    proposal = first_new(known_last(chain(towers, random), history, trials), history)
    own = shared(hyperparameter_space(spec, proposal.architecture, train_steps))
    values = ranked.get(proposal.architecture) or next(iter(ranked.values()))
    return replace(proposal, hyperparameters=_moved(values, space, own))


def _space(spec: SearchSpec, last: int, train_steps: int) -> keras_tuner.HyperParameters:
    """What is chosen for a tower of up to `last` blocks: depth, blocks, and hyperparameters."""
    space, blocks = keras_tuner.HyperParameters(), searched_blocks(spec)
    space.Int(_DEPTH, spec.minimum_depth, last)
    for place in range(last):
        space.Choice(_place(place), blocks)
    space.merge(shared(hyperparameter_space(spec, tower(spec, blocks[:1] * last), train_steps)))
    return space


def _towers(
    spec: SearchSpec,
    points: Iterator[Mapping[str, HyperparameterValue]],
    ranked: dict[Architecture, Mapping[str, HyperparameterValue]],
) -> Iterator[Proposal]:
    """The towers of points, each once; `ranked` gets the first point of each."""
    for values in points:
        architecture = tower(spec, [str(values[_place(place)]) for place in range(int(values[_DEPTH]))])
        if architecture not in ranked:
            ranked[architecture] = values
            yield Proposal(architecture, (), "gaussian process")


def _point(
    spec: SearchSpec, trial: Trial, space: keras_tuner.HyperParameters, train_steps: int
) -> dict[str, HyperparameterValue]:
    """A trial's depth, blocks and hyperparameters by the names of the joint space."""
    names = [name for name in trial.architecture if role_of(name) not in TURNS]
    given = trial.suggestion.hyperparameters if trial.suggestion else {}
    own = shared(hyperparameter_space(spec, trial.architecture, train_steps))
    return {_DEPTH: len(names)} | {_place(place): name for place, name in enumerate(names)} | _moved(given, own, space)


def _moved(
    values: Mapping[str, HyperparameterValue],
    old: keras_tuner.HyperParameters,
    new: keras_tuner.HyperParameters,
) -> dict[str, HyperparameterValue]:
    """Values for the parameters of another space, at the same shares of their ranges."""
    ranges = {parameter.name: parameter for parameter in old.space}
    moved = {}
    for parameter in new.space:
        if parameter.name in values and parameter.name in ranges:
            place = coordinate(ranges[parameter.name], values[parameter.name])
            moved[parameter.name] = plain(nearest(parameter, parameter.prob_to_value(place)))
    return moved


def _place(place: int) -> str:
    return f"place {place}"
