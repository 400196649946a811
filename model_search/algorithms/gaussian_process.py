"""BAYESIAN: a Gaussian process over towers and shared hyperparameters together.

Where `hypertuning_method: "bayesian"` sees hyperparameters alone, this search sees beside them which blocks a tower
has: at each place from either end, how often, beside which others (`tower_features`), as a sum with the squared
distances of hyperparameters in the exponent of one kernel (`surrogate`). Trained next is the tower that nobody has
trained with the lowest confidence bound of its cost (Srinivas, Krause, Kakade and Seeger 2010, "Gaussian Process
Optimization in the Bandit Setting", ICML), among random ones and those one edit away from one of the best. Trials under
way narrow the process around them without a cost of their own (Desautels, Krause and Burdick 2014, "Parallelizing
Exploration-Exploitation Tradeoffs in Gaussian Process Bandit Optimization", JMLR); those stopped early count as no
better than the median. What single blocks ask for is left to the oracle, because other towers do not have it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

import numpy as np

from ..architecture import Architecture
from ..hyperparameters import default_values, hyperparameter_space
from ..hyperparameters.placing import shared
from ..spec import SearchSpec
from ..spec.towers import tower
from ..study import History, Trial, TrialState
from ..threads import one_thread
from .algorithm import Proposal
from .beam import beam_of
from .choice import first_new
from .depths import deepest, towers_of_any_depth
from .edits import searched_blocks
from .evidence import costs_of, evidence, known_last
from .joint_choices import Choice, choice_of, chosen_values, hyperparameter_choices, values_of
from .neighbours import neighbours
from .remaining import remaining
from .surrogate import TOWERS, Metric, Surrogate, fit_parameters, normal_scores, surrogate

_RANDOM_TRIALS = 10
# What the process is given: the cost of a proposal grows with its cube.
_BEST, _NEWEST = 100, 100
# Candidates, and further random towers where all of them are known.
_ANYWHERE, _NEAR, _RANDOM = 50, 300, 200
# Hyperparameters that are looked at for the tower chosen.
_VALUES = 200
# Of those near the best trial's: standard deviation in a range, and how often an option is another.
_SPREAD, _OTHER = 0.1, 0.2
# Standard deviations below the mean, as in keras-tuner's oracle.
_BOUND = 2.6
# The metric's weight of a squared distance in a range, or of another option.
_WEIGHT = 1.0
# Parameters are fitted when the trials have grown by a quarter, and to so many at most.
_GROWTH, _FITTED = 1.25, 128


class Point(NamedTuple):
    """A tower, and its hyperparameters as `joint_choices` writes them."""

    architecture: Architecture
    values: tuple[float, ...]


class Axes(NamedTuple):
    """The hyperparameters of points.

    Attributes:
      choices: of the hyperparameters.
      defaults: what stands for a missing one.
    """

    choices: tuple[Choice, ...]
    defaults: tuple[float, ...]

    def point(self, architecture: Architecture, made: Mapping[Choice, float]) -> Point:
        """Of a tower and its choices."""
        return Point(architecture, tuple(map(made.get, self.choices, self.defaults)))

    def drawn(self, count: int, best: Point, rng: np.random.Generator) -> np.ndarray:
        """Hyperparameters, (count, choices): anywhere, every other time near the best trial's."""
        columns = []
        for value, choice in zip(best.values, self.choices, strict=True):
            if choice.options:
                anywhere, stay = rng.integers(choice.options, size=count).astype(float), rng.random(count) > _OTHER
                near = np.where(stay, value, anywhere)
            else:
                anywhere = rng.random(count)
                # Reflected at both ends: what is clipped would be the same few values again and again.
                near = 1.0 - np.abs(1.0 - np.abs(value + rng.normal(scale=_SPREAD, size=count)))
            columns.append(np.where(np.arange(count) % 2, near, anywhere))
        return np.stack(columns, axis=1) if columns else np.zeros((count, 0))

    def metric(self) -> Metric:
        """Towers' groups, and one for each hyperparameter."""
        return _metric(tuple(choice.options for choice in self.choices))


@lru_cache(maxsize=64)
def _metric(options: tuple[int, ...]) -> Metric:
    is_option = np.array(options, int) > 0

    def by_axis(first: Sequence[Point], second: Sequence[Point]) -> np.ndarray:
        left, right = (np.array([point.values for point in side]).T for side in (first, second))
        apart = left[:, :, None] - right[:, None]
        return np.where(is_option[:, None, None], apart != 0.0, apart**2)

    def distances(first: Sequence[Point], second: Sequence[Point]) -> np.ndarray:
        return np.concatenate([TOWERS.distances(_towers(first), _towers(second)), by_axis(first, second)])

    def weighted(weights: np.ndarray, first: Sequence[Point], second: Sequence[Point]) -> np.ndarray:
        left = _towers(first)
        right = left if second is first else _towers(second)
        sums = TOWERS.weighted(weights[: len(TOWERS.weights)], left, right)
        return sums + np.tensordot(weights[len(TOWERS.weights) :], by_axis(first, second), 1) if options else sums

    return Metric(distances, weighted, (*TOWERS.weights, *[_WEIGHT] * len(options)))


def _towers(points: Sequence[Point]) -> list[Architecture]:
    return [point.architecture for point in points]


def suggest(spec: SearchSpec, history: History, rng: np.random.Generator, *, train_steps: int) -> Proposal:
    """Proposes a tower with shared hyperparameters, the first ten times a random tower alone; see `JointAlgorithm`."""
    trials, completed = evidence(history, _BEST, _NEWEST), history.completed_count()
    random = towers_of_any_depth(spec, completed, rng, _RANDOM)
    if len(trials) < _RANDOM_TRIALS:
        return first_new(chain(random, remaining(spec, history, rng)), history)
    axes, points = _points(spec, (*trials, *history.running()), train_steps)
    candidates = _candidates(spec, history, {point.architecture for point in points}, rng)
    with one_thread():
        process = _fitted(axes, points[: len(trials)], _costs(history, trials))
        best = points[int(process.costs.argmin())]
        process = _with_running(process, points[len(trials) :])
        drawn = [
            Point(proposal.architecture, values)
            for proposal, values in zip(candidates, axes.drawn(len(candidates), best, rng).tolist(), strict=True)
        ]
        ranked = [candidates[place] for place in np.argsort(_bounds(process, drawn), kind="stable")] if drawn else []
        new_first = known_last(chain(ranked, random), history, trials)
        proposal = first_new(chain(new_first, remaining(spec, history, rng)), history)
        tried = [Point(proposal.architecture, values) for values in axes.drawn(_VALUES, best, rng).tolist()]
        values = tried[int(_bounds(process, tried).argmin())].values if axes.choices else ()
    chosen = dict(zip(axes.choices, values, strict=True))

    def choose(choice: Choice) -> float:
        if choice in chosen:
            return chosen[choice]
        return float(rng.integers(choice.options) if choice.options else rng.random())

    space = shared(hyperparameter_space(spec, proposal.architecture, train_steps))
    return replace(proposal, hyperparameters=chosen_values(space, choose))


def _points(spec: SearchSpec, trials: Sequence[Trial], train_steps: int) -> tuple[Axes, list[Point]]:
    """Trials as points; hyperparameters that none of them has are no axes."""
    serialized = spec.SerializeToString(deterministic=True)
    choices = [
        hyperparameter_choices(serialized, trial.architecture, values_of(trial), train_steps) for trial in trials
    ]
    axes = _axes(serialized, train_steps, frozenset().union(*choices))
    return axes, [axes.point(trial.architecture, made) for trial, made in zip(trials, choices, strict=True)]


@lru_cache(maxsize=64)
def _axes(serialized: bytes, train_steps: int, seen: frozenset[Choice]) -> Axes:
    """Of the shared hyperparameters among these choices."""
    spec = SearchSpec.FromString(serialized)
    anyone = tower(spec, searched_blocks(spec)[:1] * spec.maximum_depth)
    space = shared(hyperparameter_space(spec, anyone, train_steps))
    known = tuple(choice for choice in map(choice_of, space.space) if choice in seen)
    defaults = hyperparameter_choices(serialized, anyone, tuple(default_values(space).items()), train_steps)
    return Axes(known, tuple(defaults[choice] for choice in known))


def _costs(history: History, trials: Sequence[Trial]) -> tuple[float, ...]:
    """Of trials that have ended; of stopped ones the median at least."""
    costs = costs_of(history, trials)
    stopped = np.array([trial.state is TrialState.STOPPED for trial in trials])
    return tuple(np.where(stopped, np.maximum(costs, np.median(costs)), costs).tolist())


def _fitted(axes: Axes, points: Sequence[Point], costs: tuple[float, ...]) -> Surrogate:
    """The process given all trials, with parameters fitted to the first ones, whose number grows in strides."""
    count = 2
    while (longer := max(count + 1, int(count * _GROWTH))) <= min(len(points), _FITTED):
        count = longer
    parameters = _parameters(axes, tuple(points[:count]), costs[:count])
    return surrogate(points, normal_scores(costs), parameters, axes.metric())


@lru_cache(maxsize=64)
def _parameters(axes: Axes, points: tuple[Point, ...], costs: tuple[float, ...]) -> np.ndarray:
    """Fitted parameters, remembered until there is more to fit them to."""
    return fit_parameters(points, normal_scores(costs), axes.metric())


def _with_running(process: Surrogate, running: Sequence[Point]) -> Surrogate:
    """The process, had the trials under way cost what it expects: as sure of itself as it will be then."""
    return process.given(running, process.marginals(running)[0]) if running else process


def _bounds(process: Surrogate, points: Sequence[Point]) -> np.ndarray:
    """What the points may cost at best, (points,)."""
    mean, deviation = process.marginals(points)
    return mean - _BOUND * deviation


def _candidates(
    spec: SearchSpec, history: History, known: set[Architecture], rng: np.random.Generator
) -> list[Proposal]:
    """Random towers and edits of the best, each tower once and none that is known."""
    completed = history.completed_count()
    found = dict.fromkeys(proposal.architecture for proposal in towers_of_any_depth(spec, completed, rng, _ANYWHERE))
    near = [child for child in _edits(spec, history, deepest(spec, completed)) if child not in known]
    if len(near) > _NEAR:
        near = [near[place] for place in sorted(rng.choice(len(near), _NEAR, replace=False))]
    found |= dict.fromkeys(near)
    return [Proposal(other, (), "gaussian process") for other in found if other not in known]


def _edits(spec: SearchSpec, history: History, last: int) -> Iterator[Architecture]:
    """All towers of up to `last` blocks that are one edit away from one of the beam, each once."""
    children = (child for parent in beam_of(spec, history) for _, child in neighbours(spec, parent.architecture, last))
    yield from dict.fromkeys(children)
