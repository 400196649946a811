"""A budget that is used up and extended, again and again, so that its end is met under fire many times."""

import dataclasses

from fleet.watcher import Watcher
from model_search.study import StudyConfig
from model_search.trial_store.contract import TrialStore


class Budget(Watcher):
    """Extends the budget by `step` whenever all of it is handed out.

    Attributes:
      trials: the budget now.
      met: how often all of it was handed out.
      exceeded: how many trials there were when there were more than allowed; empty is right.
    """

    def __init__(self, store: TrialStore, config: StudyConfig, step: int):
        super().__init__(pause_seconds=0.5)
        self.trials, self.met = config.max_trials, 0
        self.exceeded: list[int] = []
        self._store, self._config, self._step = store, config, step
        self._study_id = store.open_study(config).id

    def look(self) -> None:
        """Extends the budget where all of it is handed out."""
        handed_out = sum(self._store.counts(self._study_id).values())
        if handed_out > self.trials:
            self.exceeded.append(handed_out)
        if handed_out >= self.trials:
            self.met += 1
            # Trainers are idle for a moment, and ask for more than there is.
            self.done.wait(1.0)
            self.trials = handed_out + self._step
            self._store.open_study(dataclasses.replace(self._config, max_trials=self.trials))
