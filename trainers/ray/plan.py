"""How many trainers there should be, and what each takes of the cluster."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import UsageError
from ...study import TrialState


@dataclass(frozen=True)
class Plan:
    """What the user asks for.

    Attributes:
      least, most: trainers.
      cpus, gpus: of one trainer, as Ray counts them; fractions of a GPU let several share one.
    """

    least: int
    most: int
    cpus: float
    gpus: float

    def __post_init__(self) -> None:
        if self.least < 1:
            raise UsageError(f"--min_trainers={self.least} is too small: at least 1")
        if self.most < self.least:
            raise UsageError(f"--max_trainers={self.most} is less than --min_trainers={self.least}")
        for name, value in (("cpus", self.cpus), ("gpus", self.gpus)):
            if value < 0 or (value > 1 and value != int(value)):
                raise UsageError(f"--{name}_per_trainer={value:g}: give a whole number, or a part of one such as 0.5")
        if not (self.cpus or self.gpus):
            raise UsageError("--cpus_per_trainer=0 and --gpus_per_trainer=0: without either, Ray has no limit to keep")

    @property
    def threads(self) -> int:
        """Threads of TensorFlow in one trainer."""
        return max(1, int(self.cpus))

    @property
    def actor_options(self) -> dict[str, Any]:
        """Options of Ray's `remote`: a trainer that dies is started again, wherever there is room, without end."""
        return {
            "num_cpus": self.cpus,
            "num_gpus": self.gpus,
            "max_restarts": -1,
            "max_task_retries": -1,
            "max_concurrency": 2,  # it works, and is told to stop
        }

    def wanted(self, counts: Mapping[TrialState, int], max_trials: int) -> int:
        """As many trainers as there are trials that are not final, within the limits."""
        final = sum(count for state, count in counts.items() if state.is_final)
        return max(self.least, min(self.most, max_trials - final))


def check_shared(trial_store: str, hosts: int) -> None:
    """Raises `UsageError` where trainers of several machines would not meet in one database."""
    if hosts > 1 and trial_store.partition(":")[0] in ("", "sqlite"):
        raise UsageError(
            f"--trial_store={trial_store}: SQLite is for one machine, the cluster has {hosts}; "
            "write postgresql+psycopg://… or, with model_search serve, grpcs://…"
        )
