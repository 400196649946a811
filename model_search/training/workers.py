"""Workers: processes, on one machine or many, that train one network together and in step.

Each trains on its part of every batch, and gradients are summed before each step (`MultiWorkerMirroredStrategy`). The
environment variable `TF_CONFIG` says who they are, as TensorFlow defines it. The first one, the chief, is the trainer:
it claims and reports trials, reads and writes files, and tells the others what to build and how many steps to make.
What it tells goes the way of the gradients, so that the others need neither the trial database nor its files.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ..errors import StudyError
from .cluster import VARIABLE, cluster

_LEAST_SIZE, _CHUNK = 1024, 1 << 22


class WorkerLostError(StudyError):
    """A worker of the trial is gone: no step can be made without it."""


class Workers:
    """The workers of this process's trials.

    Attributes:
      strategy: under which they train.
      is_chief: whether this one decides.
    """

    def __init__(self, is_chief: bool):
        self.strategy = tf.distribute.MultiWorkerMirroredStrategy()
        self.is_chief = is_chief
        self._sum = tf.function(self._summed, autograph=False)

    def tell(self, **message: Any) -> None:
        """Says something, as the chief, to all others. Raises `WorkerLostError`."""
        content = np.frombuffer(json.dumps(message).encode(), np.uint8)
        self._total(np.array([len(content)]))
        self._total(np.pad(content, (0, _padded(len(content)) - len(content))))

    def hear(self) -> dict[str, Any]:
        """What the chief says next; waits for it. Raises `WorkerLostError`."""
        length = int(self._total(np.zeros(1))[0])
        content = self._total(np.zeros(_padded(length)))[:length].astype(np.uint8)
        message: dict[str, Any] = json.loads(content.tobytes())
        return message

    def take_over(self, variables: Sequence[keras.Variable]) -> None:
        """Gives the variables of all workers the chief's values. Raises `WorkerLostError`."""
        values = [keras.ops.convert_to_numpy(variable) for variable in variables]
        # As float64, which holds every value of the smaller types and whole numbers up to 2**53.
        flat = np.concatenate([value.astype(np.float64).ravel() for value in values] or [np.zeros(0)])
        told = np.zeros_like(flat)
        for begin in range(0, len(flat), _CHUNK):
            part = flat[begin : begin + _CHUNK] if self.is_chief else told[begin : begin + _CHUNK]
            padded = np.pad(part, (0, min(_CHUNK, _padded(len(part))) - len(part)))
            told[begin : begin + _CHUNK] = self._total(padded, np.float64)[: len(part)]
        ends = np.cumsum([value.size for value in values])
        for variable, value, end in zip(variables, values, ends, strict=True):
            variable.assign(told[end - value.size : end].reshape(value.shape).astype(value.dtype))

    def _total(self, value: np.ndarray, kind: type = np.int64) -> np.ndarray:
        try:
            return np.asarray(self._sum(tf.constant(value.astype(kind))))
        except LOST as error:
            raise lost(error) from error

    def _summed(self, value: tf.Tensor) -> tf.Tensor:
        def everywhere(part: tf.Tensor) -> tf.Tensor:
            own = tf.identity(part)
            return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, own)

        # Devices of one machine would each add the value.
        local = self.strategy.experimental_local_results(self.strategy.run(everywhere, args=(value,)))
        return local[0] // len(local) if value.dtype.is_integer else local[0] / len(local)


LOST = (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError, tf.errors.DeadlineExceededError)
"""What TensorFlow raises when a worker does not answer."""


def lost(error: tf.errors.OpError) -> WorkerLostError:
    """The error that ends the search here."""
    first = str(error.message).strip().splitlines()[0][:150]
    return WorkerLostError(f"a worker of {VARIABLE} is lost ({first}); start all workers again, and the search goes on")


def in_step(steps: Callable[[Any, Any], Any], workers: Workers) -> Callable[[Any, Any], Any]:
    """The chief's calls of the compiled loop, each told to the others first."""

    def told(argument: Any, count: Any) -> Any:
        workers.tell(count=int(count))
        try:
            return float(steps(argument, count))
        except LOST as error:
            raise lost(error) from error

    return told


_joined: list[Workers] = []


def join_workers() -> None:
    """Meets the other workers. To be called before TensorFlow does anything else; waits until all are there."""
    found = cluster()
    if found is not None and not _joined:
        _joined.append(Workers(found.is_chief))


def joined_workers() -> Workers | None:
    """The workers of this process; None where it trains alone."""
    return _joined[0] if _joined else None


def workers_of(strategy: tf.distribute.Strategy) -> Workers | None:
    """The workers that train under a strategy; None where this process trains alone."""
    return next((workers for workers in _joined if workers.strategy is strategy), None)


def _padded(length: int) -> int:
    """A power of two: few shapes, and so few graphs."""
    return max(_LEAST_SIZE, 1 << (length - 1).bit_length())
