"""The history of one stage of an ensemble that grows: what search algorithms see there."""

from collections.abc import Sequence
from dataclasses import dataclass

from .architecture import Architecture
from .study import History, Objective, Trial, rank_key


@dataclass(frozen=True)
class StageHistory:
    """A `History` of the trials with the same members, so that like is compared with like.

    An objective is that of the whole ensemble, and larger ensembles are better ones: beside them no tower of an earlier
    stage would count. Until a trial of the stage has completed, those of the stage before are shown, the ones among
    which the newest member was the best: what helped there is the best guess there is. An architecture is new in each
    stage.
    """

    study: History
    members: tuple[int, ...]

    @property
    def objective(self) -> Objective:
        """The metric that ranks trials."""
        return self.study.objective

    def trial(self, number: int) -> Trial | None:
        """One trial of the study."""
        return self.study.trial(number)

    def best(self, count: int) -> Sequence[Trial]:
        """The best completed trials of the stage, best first, at most `count`."""
        return sorted(self.completed(), key=lambda trial: rank_key(self.objective, trial))[:count]

    def leader(self) -> Trial | None:
        """The best completed trial of the study."""
        return self.study.leader()

    def completed_count(self) -> int:
        """How many trials of the study have completed: searches grow by the study's age."""
        return self.study.completed_count()

    def completed(self) -> Sequence[Trial]:
        """Completed trials of the stage, by number."""
        completed = self.study.completed()
        return self._of(completed, self.members) or self._of(completed, self.members[:-1])

    def running(self) -> Sequence[Trial]:
        """Trials of the stage under way, by number."""
        return self._of(self.study.running(), self.members)

    def stopped(self) -> Sequence[Trial]:
        """Trials of the stage that were stopped early, by number."""
        return self._of(self.study.stopped(), self.members)

    def has_failed(self, architecture: Architecture) -> bool:
        """Whether a trial of this architecture was infeasible in any stage."""
        return self.study.has_failed(architecture)

    def has_tried(self, architecture: Architecture) -> bool:
        """Whether a trial of this stage has this architecture."""
        every = (*self.study.completed(), *self.study.running(), *self.study.stopped())
        return any(trial.architecture == architecture for trial in self._of(every, self.members))

    def _of(self, trials: Sequence[Trial], members: tuple[int, ...]) -> list[Trial]:
        return [trial for trial in trials if trial.suggestion is not None and trial.suggestion.members == members]
