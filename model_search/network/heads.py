"""What a tower ends in: logits of one task or of several, and auxiliary logits."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras

from ..data.provider import Task
from ..errors import BuildError
from ..proto.search_spec_pb2 import SearchSpec
from .placing import named_block


@dataclass(frozen=True)
class TaskHead:
    """The logits of one of several tasks.

    Attributes:
      name: of the task, the key of its logits.
      outputs: width of the logits.
      blocks: the task's own blocks between the shared tower and its logits.
      has_activation: whether a ReLU stands between the shared tower and those blocks.
    """

    name: str
    outputs: int
    blocks: tuple[str, ...] = ()
    has_activation: bool = True


@dataclass(frozen=True)
class Head:
    """What a tower ends in.

    Attributes:
      outputs: width of the logits of a single task.
      has_dense: whether a dense layer makes the logits, or the last block already does.
      has_auxiliary: whether a second logits head stands before the last reduction of the plates.
      is_per_step: whether each step of a sequence has logits.
      tasks: heads of several tasks; their logits are a dict. Empty for a single task.
    """

    outputs: int
    has_dense: bool = True
    has_auxiliary: bool = False
    is_per_step: bool = False
    tasks: tuple[TaskHead, ...] = ()


def head_of(spec: SearchSpec, task: Task) -> Head:
    """What towers end in: logits of the task, or of each of several with the spec's blocks for it."""
    own = {entry.label_name: entry for entry in spec.multi_task_spec}
    tasks = tuple(
        TaskHead(
            part.target,
            part.outputs,
            tuple(own[part.target].architecture),
            own[part.target].apply_activation_on_shared_logits,
        )
        for part in task.tasks
    )
    return Head(
        task.outputs,
        has_dense=not spec.disable_last_dense_layer,
        has_auxiliary=spec.use_auxiliary_head,
        is_per_step=task.is_per_step,
        tasks=tasks,
    )


def outputs_of(tensor: Any, head: Head, lengths: Any, tower: str) -> Any:
    """Logits behind the last tensor of a tower: a tensor, or a dict by task.

    Raises:
      BuildError: the tensor has another rank than the logits, or another width where no dense layer follows.
    """
    if not head.tasks:
        return _logits(tensor, head, head.outputs, f"{tower}.logits")
    logits = {}
    for task in head.tasks:
        own = _with_task_blocks(tensor, task, lengths, f"{tower}.{task.name}")
        logits[task.name] = _logits(own, head, task.outputs, f"{tower}.{task.name}.logits")
    return logits


def _with_task_blocks(tensor: Any, task: TaskHead, lengths: Any, prefix: str) -> Any:
    if not task.blocks:
        return tensor
    if task.has_activation:
        tensor = keras.layers.ReLU(name=f"{prefix}.activation")(tensor)
    tensors = [tensor]
    for place, block in enumerate(task.blocks):
        tensors.append(named_block(block, tensors, {}, lengths, f"{prefix}.{place}_{block}"))
    return tensors[-1]


def _logits(tensor: Any, head: Head, outputs: int, name: str) -> Any:
    rank = 3 if head.is_per_step else 2
    if len(tensor.shape) != rank:
        expected = "(batch, time, features)" if head.is_per_step else "(batch, features)"
        raise BuildError(f"the last block gives shape {tuple(tensor.shape)}; logits need {expected}")
    if head.has_dense:
        return keras.layers.Dense(outputs, dtype="float32", name=name)(tensor)
    if tensor.shape[-1] != outputs:
        raise BuildError(f"the last block gives {tensor.shape[-1]} values where the logits need {outputs}")
    return keras.layers.Identity(dtype="float32", name=name)(tensor)


def last_reduction(tensors: Sequence[Any]) -> int:
    """Index of the tensor that goes into the last reduction of the plates, or else into the flatten.

    A reduction makes height or width smaller. `tensors[0]` is the tower's input.
    """
    plates = [index for index, tensor in enumerate(tensors) if len(tensor.shape) == 4]
    for index in reversed(plates[1:]):
        if tuple(tensors[index].shape[1:3]) != tuple(tensors[index - 1].shape[1:3]):
            return index - 1
    return plates[-1]


def auxiliary_outputs(tensors: Sequence[Any], head: Head, tower: str) -> Any:
    """Auxiliary classifier on plates: 1x1 convolution, pooled, dense (Szegedy et al. 2015, section 5, made smaller)."""
    layers = keras.layers
    plate = tensors[last_reduction(tensors)]
    hidden = layers.Conv2D(128, 1, activation="relu", name=f"{tower}.auxiliary.convolution")(plate)
    pooled = layers.GlobalAveragePooling2D(name=f"{tower}.auxiliary.pool")(hidden)
    if not head.tasks:
        return layers.Dense(head.outputs, dtype="float32", name=f"{tower}.auxiliary.logits")(pooled)
    return {
        task.name: layers.Dense(task.outputs, dtype="float32", name=f"{tower}.{task.name}.auxiliary.logits")(pooled)
        for task in head.tasks
    }
