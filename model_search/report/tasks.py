"""The tasks of a multi-task search: what each has behind the shared tower, and its metrics."""

from collections.abc import Mapping
from dataclasses import dataclass

from ..spec import parse_spec
from ..spec.tasks import tasks_of


@dataclass(frozen=True)
class TaskPart:
    """One of several tasks on a tower.

    Attributes:
      name: its label.
      classes: how many; 1 for regression.
      blocks: its own, behind the shared tower.
      has_activation: whether a ReLU stands in front of them.
    """

    name: str
    classes: int
    blocks: tuple[str, ...]
    has_activation: bool

    @property
    def headline(self) -> str:
        """The metric that stands for the task where there is room for one."""
        return "accuracy" if self.classes > 1 else "rmse"

    @property
    def line(self) -> str:
        """What stands between the shared tower and the task's outputs, on one line."""
        start = ("ReLU",) if self.blocks and self.has_activation else ()
        end = f"{self.classes} classes" if self.classes > 1 else "value"
        return " > ".join((*start, *self.blocks, end))


def tasks_in(spec: str) -> tuple[TaskPart, ...]:
    """The tasks of a study's spec in text form, the primary one first; empty for a single task."""
    message = parse_spec(spec, "of the study")
    own = {entry.label_name: entry for entry in message.multi_task_spec}
    return tuple(
        TaskPart(
            task.label,
            task.classes,
            tuple(own[task.label].architecture),
            own[task.label].apply_activation_on_shared_logits,
        )
        for task in tasks_of(message)
    )


def metrics_of(metrics: Mapping[str, float], task: str = "") -> dict[str, float]:
    """A task's own of all metrics, by the names they have without other tasks; without a task those of the whole."""
    if not task:
        return {name: value for name, value in metrics.items() if "/" not in name}
    start = f"{task}/"
    return {name.removeprefix(start): value for name, value in metrics.items() if name.startswith(start)}
