"""The hyperparameters that a trial has: what the spec turns on, and what the blocks of its tower ask for."""

import copy
from collections.abc import Mapping

import keras_tuner
import numpy as np

from ..architecture import Architecture
from ..block import blocks
from ..proto.search_spec_pb2 import LearningSpec
from ..spec import SearchSpec, names, trial_steps
from ..study import HyperparameterValue
from .placing import is_active
from .values import plain_values, rounded

# First rates that train most networks; they are moved into the spec's range. Adaptive optimizers share one: it is twice
# the one that Kingma and Ba 2015 suggest, because trials are short. Lion: a tenth of it (Chen et al. 2023, section 5).
_FIRST_RATE = 2e-3
_FIRST_RATES = {"momentum": 1e-2, "sgd": 5e-2, "adagrad": 1e-2, "lion": 2e-4}
_DROPOUT_RATES = 10


def hyperparameter_space(spec: SearchSpec, architecture: Architecture, train_steps: int) -> keras_tuner.HyperParameters:
    """The space of one trial.

    Args:
      spec: completed and valid.
      architecture: the trial's tower; its blocks must be registered.
      train_steps: of the study; what the trial itself gets may be less.

    Returns:
      Names of `spec.names`; what a block asks for is called "{place}_{BLOCK}/{its name}", places counted from 0.
    """
    space = keras_tuner.HyperParameters()
    _add_learning(space, spec.learning_spec, trial_steps(spec, architecture, train_steps))
    if spec.apply_dropouts_between_blocks:
        rates = np.linspace(spec.learning_spec.min_dropout, spec.learning_spec.max_dropout, _DROPOUT_RATES)
        choices = [names.NO_DROPOUT, *sorted({rounded(rate) for rate in rates})]
        space.Choice(names.DROPOUT, choices, default=names.NO_DROPOUT)
    for place, name in enumerate(architecture):
        _add_block(space, place, name)
    return space


def default_values(space: keras_tuner.HyperParameters) -> dict[str, HyperparameterValue]:
    """Values that are known to work: what the first trial of a study trains with."""
    return plain_values(space.values)


def _add_learning(space: keras_tuner.HyperParameters, learning: LearningSpec, steps: int) -> None:
    low, high = learning.min_learning_rate, learning.max_learning_rate
    first = min(max(_FIRST_RATES.get(learning.optimizers[0], _FIRST_RATE), low), high)
    space.Float(names.LEARNING_RATE, low, high, sampling="log", default=first)
    space.Choice(names.OPTIMIZER, list(learning.optimizers))
    if learning.apply_exponential_decay:
        low, high = learning.min_learning_rate_decay_rate, learning.max_learning_rate_decay_rate
        space.Float(names.DECAY_RATE, low, high, default=(low + high) / 2)
        choices = decay_steps(learning, steps)
        space.Choice(names.DECAY_STEPS, choices, default=choices[len(choices) // 2])
    if learning.apply_gradient_clipping:
        norms = (learning.min_gradient_norm_when_clipping, learning.max_gradient_norm_when_clipping)
        space.Int(names.GRADIENT_NORM, *norms, default=norms[1])
    if learning.apply_l2_regularization:
        low, high = learning.min_l2_regularization, learning.max_l2_regularization
        space.Float(names.L2, low, high, sampling="log" if low > 0 else "linear")


def lacks_nothing(space: keras_tuner.HyperParameters, values: Mapping[str, HyperparameterValue]) -> bool:
    """Whether values are there for every hyperparameter of a space that is active with them."""
    return all(parameter.name in values for parameter in space.space if is_active(parameter, values))


def decay_steps(learning: LearningSpec, steps: int) -> list[int]:
    """Lengths of one decay, `steps // i` for each i in the range of decay times, ascending, at least 1 step."""
    times = range(learning.min_decay_times, min(learning.max_decay_times, steps) + 1)
    return sorted({steps // i for i in times}) or [1]


def _add_block(space: keras_tuner.HyperParameters, place: int, name: str) -> None:
    """Adds what a block asks for, under its place's name; conditions among the block's own names move along."""
    ask = getattr(blocks[name].create(), "requires_hparams", None)
    asked = ask() if ask is not None else None
    if asked is None:
        return
    prefix = names.block_prefix(place, name)
    moved = copy.deepcopy(asked.space)
    for parameter in moved:
        parameter.name = prefix + parameter.name
        for condition in parameter.conditions:
            condition.name = prefix + condition.name
    space.merge(moved)
