"""Values proposed by keras-tuner's oracles, from what the whole study has learned.

An oracle is made anew for each proposal, from the study's history and a seed: nothing is kept in a process.
"""

import statistics
from collections.abc import Mapping, Sequence

import keras_tuner
from keras_tuner.engine.trial import Trial as TunerTrial

from ..study import History, HyperparameterValue, Trial
from .bayesian import SampledBayesianOracle
from .placing import nearest, shared
from .values import plain_values

# The regression's cost grows with the cube of the trials it sees, so it sees the best and the newest.
_BEST, _NEWEST = 50, 50
_OBJECTIVE = keras_tuner.Objective("cost", "min")


def propose(
    method: str, space: keras_tuner.HyperParameters, history: History, seed: int
) -> dict[str, HyperparameterValue]:
    """Values for every hyperparameter of a trial's space that is active.

    Args:
      method: `random`, or `bayesian`: a Gaussian process with lower confidence bounds over the hyperparameters that all
        trials share; those of single blocks stay random, because other towers do not have them.
      space: of the trial.
      history: the study so far.
      seed: from 1 to 2**31 - 1; equal arguments give equal values.
    """
    values = _answer(keras_tuner.oracles.RandomSearchOracle(_OBJECTIVE, seed=seed, hyperparameters=space))
    if method == "bayesian":
        values |= _answer(_learned_oracle(shared(space), history, seed))
    return plain_values(values)


def _learned_oracle(space: keras_tuner.HyperParameters, history: History, seed: int) -> SampledBayesianOracle:
    """The bayesian oracle over a space, given the study so far."""
    oracle = SampledBayesianOracle(_OBJECTIVE, seed, space)
    for trial, cost in _observations(history):
        given = trial.suggestion.hyperparameters if trial.suggestion else {}
        known = TunerTrial(_placed(space, given), trial_id=str(trial.number), status="COMPLETED")
        known.score = cost
        oracle.trials[known.trial_id] = known
    return oracle


def _observations(history: History) -> list[tuple[Trial, float]]:
    """Trials with their costs. A running one counts as the median, so that the next one looks elsewhere.

    The constant liar of Ginsbourger, Le Riche and Carraro 2010, section 4.3. One that was stopped early is no better.
    """
    finished = {trial.number: trial for trial in (*history.best(_BEST), *history.completed()[-_NEWEST:])}
    observed = _with_costs(history, [finished[number] for number in sorted(finished)])
    if not observed:
        return []
    lie = statistics.median(cost for _, cost in observed)
    stopped = [(trial, max(cost, lie)) for trial, cost in _with_costs(history, history.stopped()[-_NEWEST:])]
    return observed + stopped + [(trial, lie) for trial in history.running()]


def _with_costs(history: History, trials: Sequence[Trial]) -> list[tuple[Trial, float]]:
    return [(trial, history.objective.cost(trial.result.objective)) for trial in trials if trial.result is not None]


def _placed(
    space: keras_tuner.HyperParameters, given: Mapping[str, HyperparameterValue]
) -> keras_tuner.HyperParameters:
    """Values as a point of the space; a user's value outside of it becomes the nearest one inside."""
    placed = space.copy()
    for parameter in space.space:
        if parameter.name in given:
            placed.values[parameter.name] = nearest(parameter, given[parameter.name])
    return placed


def _answer(oracle: keras_tuner.Oracle) -> dict:
    return dict(oracle.populate_space("proposal")["values"])
