"""A history as an Optuna study: towers and their hyperparameters as choices by name.

The names: `depth`; `place 0` and so on, counted from the input; `turn`, where a spec has several; each hyperparameter
that the tower has. A choice without order is the index of what was chosen, a value of a range a number from 0 to 1.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import keras_tuner
from keras_tuner.engine import hyperparameters as kinds

from ..architecture import TURNS, Architecture
from ..hyperparameters import hyperparameter_space
from ..hyperparameters.placing import coordinate, is_active, nearest, options
from ..hyperparameters.values import plain
from ..spec import SearchSpec
from ..spec.towers import role_of, tower
from ..study import History, HyperparameterValue, Trial, TrialState
from .edits import searched_blocks

if TYPE_CHECKING:
    import optuna

_DEPTH, _TURN = "depth", "turn"

Choices = dict[str, tuple["optuna.distributions.BaseDistribution", float]]
"""What was chosen, and out of what, by name."""


def study_of(
    spec: SearchSpec, history: History, trials: Sequence[Trial], train_steps: int, seed: int
) -> "optuna.Study":
    """A study in memory with these trials and the running ones, whose sampler starts from the seed."""
    # Here, because it takes a second and only this search needs it.
    import optuna

    with _silent():
        sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=0, multivariate=False, constant_liar=True)
        study = optuna.create_study(sampler=sampler)
    spaces: dict[Architecture, keras_tuner.HyperParameters] = {}
    for trial in (*trials, *history.running()):
        if trial.architecture not in spaces:
            spaces[trial.architecture] = hyperparameter_space(spec, trial.architecture, train_steps)
        study.add_trial(_told(trial, history, _choices(spec, trial, spaces[trial.architecture])))
    return study


def asked_tower(spec: SearchSpec, choice: "optuna.Trial", deepest: int) -> Architecture:
    """The tower that a new trial of the study chooses, `minimum_depth` to `deepest` blocks."""
    blocks, turns = searched_blocks(spec), _turns(spec)
    deep = choice.suggest_int(_DEPTH, spec.minimum_depth, deepest)
    names = [blocks[choice.suggest_categorical(_place(place), range(len(blocks)))] for place in range(deep)]
    if len(turns) > 1:
        names.append(turns[choice.suggest_categorical(_TURN, range(len(turns)))])
    return tower(spec, names)


def asked_values(space: keras_tuner.HyperParameters, choice: "optuna.Trial") -> dict[str, HyperparameterValue]:
    """What a new trial of the study chooses for every hyperparameter that is active with those before it."""
    values: dict[str, HyperparameterValue] = {}
    for parameter in space.space:
        if is_active(parameter, values):
            values[parameter.name] = plain(_asked_value(parameter, choice))
    return values


def _asked_value(parameter: kinds.HyperParameter, choice: "optuna.Trial") -> HyperparameterValue:
    if isinstance(parameter, kinds.Fixed):
        return nearest(parameter, parameter.value)
    unordered = options(parameter)
    if unordered:
        return unordered[choice.suggest_categorical(_option_name(parameter), range(len(unordered)))]
    return nearest(parameter, parameter.prob_to_value(choice.suggest_float(parameter.name, 0.0, 1.0)))


def _told(trial: Trial, history: History, choices: Choices) -> "optuna.trial.FrozenTrial":
    """A trial in Optuna's terms: one that was stopped is never better than a completed one there."""
    from optuna.trial import TrialState as State
    from optuna.trial import create_trial

    kinds_ = {name: kind for name, (kind, _) in choices.items()}
    chosen = {name: value for name, (_, value) in choices.items()}
    if trial.result is None:
        return create_trial(state=State.RUNNING, distributions=kinds_, params=chosen)
    cost = history.objective.cost(trial.result.objective)
    if trial.state is TrialState.STOPPED:
        return create_trial(state=State.PRUNED, distributions=kinds_, params=chosen, intermediate_values={0: cost})
    return create_trial(value=cost, distributions=kinds_, params=chosen)


def _choices(spec: SearchSpec, trial: Trial, space: keras_tuner.HyperParameters) -> Choices:
    """The choices that lead to a trial, without those that only a user can make: blocks that are not searched."""
    from optuna.distributions import CategoricalDistribution, IntDistribution

    names = [name for name in trial.architecture if role_of(name) not in TURNS]
    made: Choices = {_DEPTH: (IntDistribution(1, max(spec.maximum_depth, len(names))), len(names))}
    blocks, turns = searched_blocks(spec), _turns(spec)
    made |= {
        _place(place): (CategoricalDistribution(range(len(blocks))), blocks.index(name))
        for place, name in enumerate(names)
        if name in blocks
    }
    if len(turns) > 1:
        kind = CategoricalDistribution(range(len(turns)))
        made.update((_TURN, (kind, turns.index(name))) for name in trial.architecture if name in turns)
    given = trial.suggestion.hyperparameters if trial.suggestion else {}
    for parameter in space.space:
        if parameter.name in given and is_active(parameter, given) and not isinstance(parameter, kinds.Fixed):
            made |= _chosen(parameter, given[parameter.name])
    return made


def _chosen(parameter: kinds.HyperParameter, value: HyperparameterValue) -> Choices:
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    unordered = options(parameter)
    if not unordered:
        return {parameter.name: (FloatDistribution(0.0, 1.0), coordinate(parameter, value))}
    index = unordered.index(nearest(parameter, value))
    return {_option_name(parameter): (CategoricalDistribution(range(len(unordered))), index)}


def _place(place: int) -> str:
    return f"place {place}"


def _turns(spec: SearchSpec) -> list[str]:
    return [name for name in spec.blocks_to_use if role_of(name) in TURNS]


def _option_name(parameter: kinds.HyperParameter) -> str:
    """A name may have other options under other conditions, and Optuna knows a name with one number of them."""
    return f"{parameter.name} of {len(options(parameter))}"


@contextmanager
def _silent() -> Iterator[None]:
    """Without the log lines of Optuna and what older releases of it say of experimental options."""
    import warnings

    import optuna

    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        try:
            yield
        finally:
            optuna.logging.set_verbosity(verbosity)
