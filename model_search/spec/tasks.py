"""Checks of the tasks of a multi-task spec, and what a data provider must know of them."""

from ..block import Role, blocks
from ..data.provider import TaskOptions
from ..proto.search_spec_pb2 import ProblemType, SearchSpec, TaskSpec
from ..registry import closest
from .checks import check_block, require
from .towers import role_of


def check_tasks(spec: SearchSpec) -> None:
    """Checks names, numbers of classes and the blocks of each task.

    Raises:
      UsageError: the first thing that is wrong.
    """
    names = [task.label_name for task in spec.multi_task_spec]
    for field in ("primary_task_name", "merge_losses_of_multitask"):
        value = getattr(spec, field)
        require(bool(names) or not value, field, value, "it needs multi_task_spec")
    for index, task in enumerate(spec.multi_task_spec):
        _check_task(spec, f"multi_task_spec[{index}]", task, names[:index])
    if spec.primary_task_name:
        primary = spec.primary_task_name
        require(
            primary in names, "primary_task_name", primary, f"no task has this label_name; {closest(primary, names)}"
        )


def _check_task(spec: SearchSpec, field: str, task: TaskSpec, before: list[str]) -> None:
    name = task.label_name
    require(bool(name), f"{field}.label_name", name, "it must name a label")
    require(name not in before, f"{field}.label_name", name, "it is there twice")
    require("/" not in name, f"{field}.label_name", name, "it must not have a slash, which parts task and metric")
    classes = task.number_of_classes
    require(classes >= 1, f"{field}.number_of_classes", classes, "it must be 1 (regression) or more")
    for block in task.architecture:
        _check_task_block(spec, f"{field}.architecture", block)


def _check_task_block(spec: SearchSpec, field: str, block: str) -> None:
    check_block(spec, field, block)
    expected = Role.SEQUENCE if spec.problem_type == ProblemType.RNN_ALL_ACTIVATIONS else Role.VECTOR
    role = role_of(block)
    require(
        role in (expected, Role.ANY), field, block, f"it is a {role.value} block; here only {expected.value} blocks fit"
    )
    ask = getattr(blocks[block].create(), "requires_hparams", None)
    asked = ask() if ask is not None else None
    require(asked is None, field, block, "its hyperparameters are searched in shared towers only")


def tasks_of(spec: SearchSpec) -> tuple[TaskOptions, ...]:
    """The tasks of a valid spec, the primary one first; empty for a single task."""
    tasks = [
        TaskOptions(task.label_name, task.number_of_classes, task.weight_feature_name, task.weight_is_a_feature)
        for task in spec.multi_task_spec
    ]
    primary = spec.primary_task_name or (tasks[0].label if tasks else "")
    return tuple(sorted(tasks, key=lambda task: task.label != primary))
