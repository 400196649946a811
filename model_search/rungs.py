"""A running trial at its rungs: evaluated, compared with what other trainers have stored, and stopped if behind."""

from collections.abc import Callable, Mapping

from .search_parts import Search
from .spec import rungs
from .study import Measurement, TrialState
from .training.early_stopping import falls_behind
from .trial_store.contract import Claim


class FellBehind(Exception):
    """The trial is to be stopped: it fell behind others at a rung. Carries what was measured there."""

    def __init__(self, measurement: Measurement):
        super().__init__(f"stopped at step {measurement.step}")
        self.measurement = measurement


class Rungs:
    """The rungs of one trial.

    Only values in the database count, so any number of trainers, and one that takes up another's trial, decide alike.
    """

    def __init__(self, search: Search, claim: Claim, last: int, evaluate: Callable[[], Mapping[str, float]]):
        """Args: the search, the trial's claim, its last step, and what gives its metrics on the evaluation data now."""
        self.steps = rungs(search.spec, search.options.train_steps, last)
        self._search = search
        self._claim = claim
        self._evaluate = evaluate

    def measured(self, step: int, training_loss: float) -> Measurement:
        """Evaluates the network at a rung and stores what was found."""
        metrics = {"training_loss": training_loss, **self._evaluate()}
        objective = metrics[self._search.study.config.objective.metric]
        measurement = Measurement(step, metrics, objective)
        self._search.store.measure(self._claim, measurement)
        return measurement

    def compare(self, measurement: Measurement) -> None:
        """Raises `FellBehind` where the trial's rule says so."""
        search, number = self._search, self._claim.number
        store, study = search.store, search.study
        passed = [step for step in self.steps if step <= measurement.step]
        everyone = [dict(store.rung_values(study.id, step)) for step in passed]
        # In a large study the trial itself may not be among the newest.
        everyone[-1][number] = _objective_of(measurement)
        # Those that were stopped count as well: the median of the survivors alone would rise with every trial.
        ended = [store.rung_values(study.id, step, {TrialState.COMPLETED, TrialState.STOPPED}) for step in passed]
        if falls_behind(search.spec.early_stopping, study.config.objective, number, everyone, ended):
            raise FellBehind(measurement)


def _objective_of(measurement: Measurement) -> float:
    assert measurement.objective is not None
    return measurement.objective
