"""Trials as an Optuna study, whose sampler makes the choices of new ones.

`TPESampler` fits its densities to what the storage has at each choice. So trials of a history need not be told to a
study one by one, which would take longer than all the densities: the storage names them beside the new ones.
"""

import warnings
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import NamedTuple

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, create_trial
from optuna.trial import TrialState as State

from ..study import TrialState
from .joint_choices import Choice

# Of earlier trials, whose numbers are below those of new ones, which Optuna counts from 0: order is age.
_EARLIER = -(2**40)


class Told(NamedTuple):
    """A trial in Optuna's terms.

    Attributes:
      number: of the trial.
      state: COMPLETED, STOPPED, which is never better than a completed one, or RUNNING.
      cost: to minimize; of a running one whatever.
      choices: what was chosen.
    """

    number: int
    state: TrialState
    cost: float
    choices: tuple[tuple[Choice, float], ...]


class Chooser:
    """Makes choices as the densities of a study's good and other trials say.

    Args:
      told: trials of the study.
      seed: of the sampler.
    """

    def __init__(self, told: Sequence[Told], seed: int):
        with _silent():
            sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=0, multivariate=False, constant_liar=True)
            self._study = optuna.create_study(sampler=sampler, storage=_Storage([_frozen(trial) for trial in told]))
        self.begin()

    def begin(self) -> None:
        """Choices are those of a new trial from now on; the one before counts as under way."""
        self._trial = self._study.ask()

    def choose(self, choice: Choice) -> float:
        """The number of an option, or a number from 0 to 1."""
        if choice.options:
            return float(self._trial.suggest_categorical(choice.name, range(choice.options)))
        return float(self._trial.suggest_float(choice.name, 0.0, 1.0))

    def count(self, name: str, low: int, high: int) -> int:
        """A whole number from `low` to `high`."""
        return int(self._trial.suggest_int(name, low, high))


class _Storage(optuna.storages.InMemoryStorage):
    """New trials in memory, and earlier ones beside them."""

    def __init__(self, earlier: list[FrozenTrial]):
        super().__init__()
        self._earlier = earlier

    def get_all_trials(
        self, study_id: int, deepcopy: bool = True, states: Container[State] | None = None
    ) -> list[FrozenTrial]:
        """Earlier trials, which nobody may change, then new ones."""
        earlier = self._earlier if states is None else [trial for trial in self._earlier if trial.state in states]
        return earlier + super().get_all_trials(study_id, deepcopy, states)


# The trials that regressions see, of a few studies.
@lru_cache(maxsize=4096)
def _frozen(told: Told) -> FrozenTrial:
    chosen = {choice.name: _external(choice, value) for choice, value in told.choices}
    kinds: dict[str, BaseDistribution] = {choice.name: _kind(choice, value) for choice, value in told.choices}
    match told.state:
        case TrialState.COMPLETED:
            trial = create_trial(value=told.cost, distributions=kinds, params=chosen)
        case TrialState.STOPPED:
            values = {0: told.cost}
            trial = create_trial(state=State.PRUNED, distributions=kinds, params=chosen, intermediate_values=values)
        case _:
            trial = create_trial(state=State.RUNNING, distributions=kinds, params=chosen)
    trial.number = _EARLIER + told.number
    return trial


def _kind(choice: Choice, value: float) -> BaseDistribution:
    if choice.is_count:
        return IntDistribution(min(1, int(value)), max(1, int(value)))
    return CategoricalDistribution(range(choice.options)) if choice.options else FloatDistribution(0.0, 1.0)


def _external(choice: Choice, value: float) -> float | int:
    return int(value) if choice.is_count or choice.options else value


@contextmanager
def _silent() -> Iterator[None]:
    """Without the log lines of Optuna and what older releases of it say of experimental options."""
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        try:
            yield
        finally:
            optuna.logging.set_verbosity(verbosity)
