"""A study's history, as search algorithms see it, read from the trial database when asked."""

from collections.abc import Sequence

from ..architecture import Architecture
from ..study import Objective, Study, Trial, TrialState
from .contract import TrialStore


class StoreHistory:
    """The `History` of one study. Answers are as new as the question; completed trials are read once and kept."""

    def __init__(self, store: TrialStore, study: Study):
        self._store = store
        self._study = study
        self._completed: dict[int, Trial] = {}
        self._revision = 0

    @property
    def objective(self) -> Objective:
        """The metric that ranks trials."""
        return self._study.config.objective

    def best(self, count: int) -> Sequence[Trial]:
        """The best completed trials, best first, at most `count`."""
        return self._store.best(self._study.id, count)

    def completed_count(self) -> int:
        """How many trials have completed."""
        return self._store.counts(self._study.id)[TrialState.COMPLETED]

    def completed(self) -> Sequence[Trial]:
        """All completed trials, by number."""
        for trial in self._store.trials(self._study.id, {TrialState.COMPLETED}, since=self._revision):
            self._completed[trial.number] = trial
            self._revision = max(self._revision, trial.revision)
        return [self._completed[number] for number in sorted(self._completed)]

    def running(self) -> Sequence[Trial]:
        """Trials under way that have a suggestion, by number.

        Those that wait for another attempt are among them: they will be trained as they are, and what a search
        algorithm sees does not depend on when an expired lease is noticed.
        """
        under_way = self._store.trials(self._study.id, {TrialState.RUNNING, TrialState.WAITING})
        return [trial for trial in under_way if trial.suggestion is not None]

    def has_failed(self, architecture: Architecture) -> bool:
        """Whether a trial of this architecture was infeasible."""
        return self._store.has_failed(self._study.id, architecture.blocks)
