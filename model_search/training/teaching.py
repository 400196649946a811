"""What a teacher says of training examples: gathered beside the labels, or computed in the training graph."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..data.pipeline import EncodedArrays
from ..data.provider import Task
from ..data.trees import Tree
from ..spec.distillation import Lesson
from .inference import Network
from .losses import LABEL, TEACHER


@dataclass(frozen=True)
class Teaching:
    """A teacher as a training needs it: its outputs or itself.

    Attributes:
      lesson: kind of loss, temperature, weight.
      outputs: the teacher's logits for all training examples in the provider's order: (n, ..., outputs), or a dict by
        task.
      network: the teacher, encoded input to logits, where its outputs are not at hand: training data are streamed, or
        augmented, and then it sees what its student sees. None of its variables moves.
    """

    lesson: Lesson
    outputs: Tree | None = None
    network: Network | None = None


def taught_labels(task: Task, labels: Tree, outputs: Tree) -> Tree:
    """Labels and a teacher's logits as `taught_loss` takes them, by task where there are several."""
    if task.tasks:
        return {part.target: taught_labels(part, labels[part.target], outputs[part.target]) for part in task.tasks}
    return {LABEL: labels, TEACHER: outputs}


def with_outputs(arrays: EncodedArrays | None, task: Task, teaching: Teaching | None) -> EncodedArrays | None:
    """Training examples with the teacher's outputs, where these are at hand, beside their labels."""
    if arrays is None or teaching is None or teaching.outputs is None:
        return arrays
    return EncodedArrays(arrays.x, taught_labels(task, arrays.y, teaching.outputs), arrays.w)


def teach_in_graph(task: Task, teaching: Teaching | None) -> Callable[[Any, Any], Any]:
    """Features and labels of a batch to what the loss takes as labels; asks the teacher where it has to."""
    if teaching is None or teaching.network is None:
        return lambda x, y: y
    network = teaching.network
    return lambda x, y: taught_labels(task, y, network(x, training=False))
