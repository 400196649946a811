"""Values of trials as points of a space: what regressions over hyperparameters see."""

from collections.abc import Iterable, Mapping

import keras_tuner
from keras_tuner.engine import hyperparameters as kinds

from ..spec import names
from ..study import HyperparameterValue


def shared(space: keras_tuner.HyperParameters) -> keras_tuner.HyperParameters:
    """The part of a space that trials of every architecture have."""
    part = keras_tuner.HyperParameters()
    part.merge([parameter for parameter in space.space if not names.is_block_specific(parameter.name)])
    return part


def nearest(parameter: kinds.HyperParameter, value: HyperparameterValue) -> HyperparameterValue:
    """The value of a parameter's range that is nearest to a given one, which a user may have given: maybe outside."""
    if isinstance(parameter, kinds.Fixed):
        return parameter.value
    if isinstance(parameter, kinds.Boolean):
        return bool(value)
    if isinstance(parameter, kinds.Choice):
        if value in parameter.values or isinstance(value, str):
            return value if value in parameter.values else parameter.default
        return _closest(parameter.values, value)
    return min(max(value, parameter.min_value), parameter.max_value)


def options(parameter: kinds.HyperParameter) -> list[HyperparameterValue]:
    """The values of a parameter whose values have no order; empty for a range and for what is ordered."""
    if isinstance(parameter, kinds.Boolean):
        return [False, True]
    return list(parameter.values) if isinstance(parameter, kinds.Choice) and not parameter.ordered else []


def coordinate(parameter: kinds.HyperParameter, value: HyperparameterValue) -> float:
    """Where in its range a value lies, 0 to 1, on the scale (linear, logarithmic) that it is sampled by."""
    return float(min(max(parameter.value_to_prob(nearest(parameter, value)), 0.0), 1.0))


def _closest(choices: Iterable[float], value: float) -> float:
    return min(choices, key=lambda choice: abs(choice - value))


def is_active(parameter: kinds.HyperParameter, values: Mapping[str, HyperparameterValue]) -> bool:
    """Whether a trial with these values has the parameter: some are there only beside certain values of others."""
    return all(condition.is_active(values) for condition in parameter.conditions)
