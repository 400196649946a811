"""A budget that is used up and extended, again and again, so that its end is met under fire many times."""

import dataclasses
import threading
from types import TracebackType

from model_search.study import StudyConfig
from model_search.trial_store.contract import TrialStore


class Budget:
    """A context manager: a thread that extends the budget by `step` whenever all of it is handed out.

    Attributes:
      trials: the budget now.
      met: how often all of it was handed out.
      exceeded: how many trials there were when there were more than allowed; empty is right.
    """

    def __init__(self, store: TrialStore, config: StudyConfig, step: int):
        self.trials, self.met = config.max_trials, 0
        self.exceeded: list[int] = []
        self._store, self._config, self._step = store, config, step
        self._study_id = store.open_study(config).id
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Budget":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._done.wait(0.5):
            handed_out = sum(self._store.counts(self._study_id).values())
            if handed_out > self.trials:
                self.exceeded.append(handed_out)
            if handed_out >= self.trials:
                self.met += 1
                # Trainers are idle for a moment, and ask for more than there is.
                self._done.wait(1.0)
                self.trials = handed_out + self._step
                self._store.open_study(dataclasses.replace(self._config, max_trials=self.trials))
