"""Valid steps and padding of sequences (batch, time, features).

`lengths` is always a Keras tensor (batch,) of valid steps, 1 to time, or None where every step is valid. Steps are
counted in the graph, so that the number of steps may differ from batch to batch.
"""

from typing import Any

from . import ops


def step_numbers(tensor: Any) -> Any:
    """(batch, time) int32: 0, 1, 2 ... for each sequence."""
    return ops.cumsum(ops.ones_like(tensor[:, :, 0], dtype="int32"), axis=1) - 1


def valid_steps(tensor: Any, lengths: Any | None) -> Any | None:
    """(batch, time) bool: true where a step is valid; None without lengths."""
    if lengths is None:
        return None
    return ops.less(step_numbers(tensor), ops.expand_dims(lengths, 1))


def without_padding(tensor: Any, lengths: Any | None) -> Any:
    """The sequences with zeros in their padding, whatever stood there, infinite values and NaN too."""
    if lengths is None:
        return tensor
    return ops.where(ops.expand_dims(valid_steps(tensor, lengths), 2), tensor, 0.0)


def reversed_steps(tensor: Any, lengths: Any | None) -> Any:
    """The valid steps of each sequence in reverse order, its padding where it was; twice is the same as not at all."""
    if lengths is None:
        return ops.flip(tensor, axis=1)
    steps = step_numbers(tensor)
    mirrored = ops.expand_dims(lengths, 1) - 1 - steps
    order = ops.where(mirrored >= 0, mirrored, steps)
    return ops.take_along_axis(tensor, ops.expand_dims(order, 2), axis=1)


def last_step(tensor: Any, lengths: Any | None) -> Any:
    """(batch, features): the last valid step."""
    if lengths is None:
        return tensor[:, -1]
    return ops.squeeze(ops.take_along_axis(tensor, ops.reshape(lengths - 1, (-1, 1, 1)), axis=1), axis=1)
