"""A teacher's outputs for all training examples, computed once and kept."""

import weakref
from collections import OrderedDict
from collections.abc import Callable

import numpy as np

from ..data.pipeline import EncodedArrays, Pipeline
from ..data.trees import Tree, joined, leaves, sliced
from .inference import Network, logits_of

OUTPUT_BYTES = 128 << 20
"""Outputs of teachers that a process keeps, at most; larger ones are computed in the training graph."""


class TeacherOutputs:
    """Logits of teachers for the training examples of pipelines: those that were asked for last."""

    def __init__(self, limit: int = OUTPUT_BYTES):
        """Args: bytes that are kept of each pipeline, at most."""
        self._limit = limit
        self._known: weakref.WeakKeyDictionary[Pipeline, OrderedDict[int, Tree]] = weakref.WeakKeyDictionary()

    def of(self, number: int, pipeline: Pipeline, network: Callable[[], Network]) -> Tree | None:
        """Outputs of teacher `number`, which `network` gives, in the order of the examples.

        None where examples are streamed, or augmented and so others at each pass, or the outputs are too many.
        """
        examples = pipeline.train_arrays()
        if examples is None or pipeline.provider.augmentation() is not None:
            return None
        if len(examples) * _bytes_of_one(pipeline) > self._limit:
            return None
        known = self._known.setdefault(pipeline, OrderedDict())
        if number not in known:
            known[number] = _outputs(network(), examples, pipeline.evaluation_batch_size)
        known.move_to_end(number)
        while sum(leaf.nbytes for tree in known.values() for leaf in leaves(tree)) > self._limit:
            known.popitem(last=False)
        return known[number]


def _bytes_of_one(pipeline: Pipeline) -> int:
    task = pipeline.task
    steps = pipeline.encoding.shape[0] if task.is_per_step else 1
    return 4 * steps * sum(part.outputs for part in task.tasks or (task,))


def _outputs(network: Network, examples: EncodedArrays, batch_size: int) -> Tree:
    starts = range(0, len(examples), batch_size)
    nothing = np.zeros(0)
    batches = ((sliced(examples.x, slice(start, start + batch_size)), nothing, nothing) for start in starts)
    return joined([logits for logits, _, _ in logits_of(network, batches)])
