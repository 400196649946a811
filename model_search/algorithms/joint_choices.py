"""Trials as choices, for searches over towers and hyperparameters together.

A choice without order is the number of the option chosen, a value of a range lies from 0 to 1, on the scale that it is
sampled by. So towers whose ranges differ, as lengths of a decay do, have equal names for what is alike.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import keras_tuner
from keras_tuner.engine import hyperparameters as kinds

from ..architecture import TURNS, Architecture
from ..hyperparameters import hyperparameter_space
from ..hyperparameters.placing import coordinate, is_active, nearest, options
from ..hyperparameters.values import plain
from ..spec import SearchSpec
from ..spec.towers import role_of
from ..study import HyperparameterValue, Trial


class Choice(NamedTuple):
    """What is chosen.

    Attributes:
      name: of the choice; choices of the same name have as many options.
      options: number of options without order; 0 for a range or a count.
      is_count: whether it is a whole number.
    """

    name: str
    options: int = 0
    is_count: bool = False


Values = tuple[tuple[str, HyperparameterValue], ...]


def turns_of(spec: SearchSpec) -> list[str]:
    """The flattens and summaries that a spec names."""
    return [name for name in spec.blocks_to_use if role_of(name) in TURNS]


def choice_of(parameter: kinds.HyperParameter) -> Choice:
    """The choice of a hyperparameter's value. It may have other options under other conditions, hence the name."""
    unordered = options(parameter)
    return Choice(f"{parameter.name} of {len(unordered)}", len(unordered)) if unordered else Choice(parameter.name)


def values_of(trial: Trial) -> Values:
    """A trial's hyperparameters, as an argument of functions that remember."""
    return tuple(trial.suggestion.hyperparameters.items()) if trial.suggestion else ()


# Towers and values of the trials that regressions see.
@lru_cache(maxsize=4096)
def hyperparameter_choices(
    spec: bytes, architecture: Architecture, values: Values, train_steps: int
) -> dict[Choice, float]:
    """What was chosen for a tower's hyperparameters.

    Args:
      spec: serialized.
      architecture: the tower.
      values: of its hyperparameters; what is missing or inactive is no choice.
      train_steps: of the study.
    """
    given = dict(values)
    if not given:
        return {}
    made = {}
    for parameter in hyperparameter_space(SearchSpec.FromString(spec), architecture, train_steps).space:
        if parameter.name in given and is_active(parameter, given) and not isinstance(parameter, kinds.Fixed):
            value, unordered = given[parameter.name], options(parameter)
            placed = unordered.index(nearest(parameter, value)) if unordered else coordinate(parameter, value)
            made[choice_of(parameter)] = float(placed)
    return made


def chosen_values(
    space: keras_tuner.HyperParameters, choose: Callable[[Choice], float]
) -> dict[str, HyperparameterValue]:
    """Values for every hyperparameter that is active with those before it.

    Args:
      space: of the tower.
      choose: from a choice to the number of an option, or from 0 to 1.
    """
    values: dict[str, HyperparameterValue] = {}
    for parameter in space.space:
        if is_active(parameter, values):
            values[parameter.name] = plain(_value(parameter, choose))
    return values


def _value(parameter: kinds.HyperParameter, choose: Callable[[Choice], float]) -> HyperparameterValue:
    if isinstance(parameter, kinds.Fixed):
        return nearest(parameter, parameter.value)
    unordered = options(parameter)
    chosen = choose(choice_of(parameter))
    return unordered[int(chosen)] if unordered else nearest(parameter, parameter.prob_to_value(chosen))
