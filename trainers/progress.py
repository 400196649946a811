"""Progress of a search while it runs: a bar on a terminal, plain lines elsewhere."""

import sys
import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichProgress

from ..study import Study, Trial, TrialState
from ..trial_store.contract import TrialStore


class Progress:
    """Shows what changed in the trial database since the last look; a context manager."""

    def __init__(self, store: TrialStore, study: Study):
        self._store = store
        self._study = study
        self._begin = time.monotonic()
        self._revision = max((trial.revision for trial in store.trials(study.id)), default=0)
        self._done_before = self._done(store.counts(study.id))
        console = Console(file=sys.stdout)
        columns = [BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}")]
        self._told: set[int] = set()
        self._bar = RichProgress(*columns, console=console) if console.is_terminal else None
        self._task = self._bar.add_task("starting", total=study.config.max_trials) if self._bar else None

    def __enter__(self) -> "Progress":
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, *exception: object) -> None:
        if self._bar:
            self._bar.stop()

    def update(self) -> None:
        """Looks at the database and shows what is new."""
        changed = self._store.trials(self._study.id, since=self._revision)
        counts = self._store.counts(self._study.id)  # afterwards, so that no line leaves out its own trial
        for trial in sorted(changed, key=lambda trial: trial.revision):
            self._revision = max(self._revision, trial.revision)
            # One whose files are removed later comes again.
            if trial.state.is_final and trial.number not in self._told:
                self._told.add(trial.number)
                self._say(self._line(trial, counts))
        if self._bar and self._task is not None:
            self._bar.update(self._task, completed=self._done(counts), description=self._status(counts))

    @staticmethod
    def _done(counts: dict[TrialState, int]) -> int:
        return sum(count for state, count in counts.items() if state.is_final)

    def _say(self, line: str) -> None:
        if self._bar:
            self._bar.console.print(line, highlight=False, markup=False, soft_wrap=True)
        else:
            print(line, flush=True)

    def _line(self, trial: Trial, counts: dict[TrialState, int]) -> str:
        metric = self._study.config.objective.metric
        what = f"{metric} {trial.result.objective:.4f} in {trial.result.seconds:.1f} s" if trial.result else trial.error
        line = f"trial {trial.number} {trial.state.value.lower()}: {what}"
        return line if self._bar else f"{line}  ({self._status(counts)})"

    def _status(self, counts: dict[TrialState, int]) -> str:
        done, total = self._done(counts), self._study.config.max_trials
        best = self._store.best(self._study.id, 1)
        parts = [f"{done}/{total} done, {counts[TrialState.RUNNING]} running, {counts[TrialState.INFEASIBLE]} failed"]
        if best and best[0].result:
            parts.append(f"best {best[0].result.objective:.4f} by trial {best[0].number}")
        here = done - self._done_before
        if here > 0 and done < total:
            parts.append(f"about {(time.monotonic() - self._begin) / here * (total - done):.0f} s left")
        return ", ".join(parts)
