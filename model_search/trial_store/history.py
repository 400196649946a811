"""A study's history, as search algorithms see it, read from the trial database when asked."""

from collections.abc import Sequence

from ..architecture import Architecture
from ..study import TOWER_KINDS, Objective, Study, Trial, TrialState
from .contract import TrialStore


class StoreHistory:
    """The `History` of one study, as search algorithms see it: trials with a tower of their own. Ensembles are none.

    Answers are as new as the question. Trials that have ended never change: they are read once and kept, so that a
    history that lives as long as its trainer only ever fetches what is new.
    """

    def __init__(self, store: TrialStore, study: Study):
        self._store = store
        self._study = study
        self._ended = {state: _Ended(store, study, state) for state in (TrialState.COMPLETED, TrialState.STOPPED)}

    @property
    def objective(self) -> Objective:
        """The metric that ranks trials."""
        return self._study.config.objective

    def trial(self, number: int) -> Trial | None:
        """One trial of any kind and state; None where there is none of this number."""
        return self._store.trial(self._study.id, number)

    def best(self, count: int) -> Sequence[Trial]:
        """The best completed trials, best first, at most `count`."""
        return self._store.best(self._study.id, count, TOWER_KINDS)

    def leader(self) -> Trial | None:
        """The best completed trial of any kind: an ensemble too, which may teach."""
        return next(iter(self._store.best(self._study.id, 1)), None)

    def completed_count(self) -> int:
        """How many trials have completed, of any kind: searches grow by the study's age."""
        return self._store.counts(self._study.id)[TrialState.COMPLETED]

    def completed(self) -> Sequence[Trial]:
        """All completed trials, by number."""
        return self._ended[TrialState.COMPLETED].towers()

    def stopped(self) -> Sequence[Trial]:
        """All trials that were stopped early, by number."""
        return self._ended[TrialState.STOPPED].towers()

    def running(self) -> Sequence[Trial]:
        """Trials under way that have a suggestion, by number.

        Those that wait for another attempt are among them: they will be trained as they are, and what a search
        algorithm sees does not depend on when an expired lease is noticed.
        """
        under_way = self._store.trials(self._study.id, {TrialState.RUNNING, TrialState.WAITING})
        return [trial for trial in under_way if _has_tower(trial)]

    def has_failed(self, architecture: Architecture) -> bool:
        """Whether a trial of this architecture was infeasible."""
        return self._store.has_failed(self._study.id, architecture.blocks)

    def has_tried(self, architecture: Architecture) -> bool:
        """Whether a trial of this architecture has completed, was stopped, or is under way."""
        return self._store.has_tried(self._study.id, architecture.blocks)


def _has_tower(trial: Trial) -> bool:
    return trial.suggestion is not None and trial.suggestion.kind in TOWER_KINDS


class _Ended:
    """Trials with towers in one final state, by number; only what is new is fetched.

    A trial comes again when its files were removed.
    """

    def __init__(self, store: TrialStore, study: Study, state: TrialState):
        self._store, self._study, self._state = store, study, state
        self._trials: dict[int, Trial] = {}
        self._sorted: list[Trial] = []
        self._revision = 0

    def towers(self) -> Sequence[Trial]:
        new = self._store.trials(self._study.id, {self._state}, since=self._revision)
        if new:
            self._trials |= {trial.number: trial for trial in filter(_has_tower, new)}
            self._sorted = sorted(self._trials.values(), key=lambda trial: trial.number)
            self._revision = max(self._revision, *(trial.revision for trial in new))
        return self._sorted
