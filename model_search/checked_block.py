"""Calls a block and checks what it returns, so that a faulty block is named and not what stumbles over it later."""

import inspect
import traceback
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from .block import RegisteredBlock, Role
from .errors import BuildError, OutOfMemoryError, TrialError, plain_message
from .registry import place_of

SIGNATURE = "build(self, input_tensors, hparams=None, lengths=None)"

RANKS = {Role.PLATE: 4, Role.FLATTEN: 2, Role.VECTOR: 2, Role.SEQUENCE: 3, Role.SUMMARY: 2}


def build_checked(
    entry: RegisteredBlock,
    block: Any,
    tensors: Sequence[Any],
    hparams: Mapping[str, Any] | None = None,
    lengths: Any | None = None,
) -> Any:
    """Calls `block.build` and returns the block's output.

    Args:
      entry: the block's registration.
      block: made by `entry.create()`.
      tensors: Keras tensors of the tower so far, the newest last. A block may change the list that it gets, which is
        a copy, but not what stands in it.
      hparams: values for what the block's `requires_hparams` asked for.
      lengths: Keras tensor (batch,) of valid steps, or None.

    Returns:
      A Keras tensor of the rank that the block's role promises, its shape known except for the batch and, for
      sequences of unknown length, the time.

    Raises:
      OutOfMemoryError: the block's weights do not fit into memory.
      BuildError: the block raised something else, or did not return the tensors and one more.
    """
    block_name = f"block {entry.name!r} ({place_of(entry.block_class)})"
    fault = _fault_of_signature(block)
    if fault:
        raise BuildError(f"{block_name} {fault}")
    try:
        result = block.build(list(tensors), hparams=hparams, lengths=lengths)
    except TrialError:
        raise
    except (MemoryError, tf.errors.ResourceExhaustedError) as error:
        raise OutOfMemoryError(f"{block_name} does not fit into memory: {plain_message(error)}") from error
    except Exception as error:
        where = _line_in_block(entry, error)
        raise BuildError(f"{block_name} raised {type(error).__name__}{where}: {plain_message(error)}") from error
    fault = _fault_of_list(result, tensors) or _fault_of_output(result[-1], tensors[-1], entry.role)
    if fault:
        raise BuildError(f"{block_name} {fault}")
    return result[-1]


def _fault_of_signature(block: Any) -> str:
    """Why `build` cannot be called as the contract says, or nothing."""
    try:
        signature = inspect.signature(block.build)
    except (TypeError, ValueError):  # A callable that does not tell: the call itself will.
        return ""
    try:
        signature.bind([], hparams=None, lengths=None)
    except TypeError as error:
        given = ", ".join(["self", *map(str, signature.parameters.values())])
        gone = "; is_training is gone: Keras passes it by itself" if "is_training" in signature.parameters else ""
        return f"cannot be called ({error}): it has build({given}), expected {SIGNATURE}{gone}"
    return ""


def _fault_of_list(result: Any, tensors: Sequence[Any]) -> str:
    """What is wrong with the returned list, or nothing."""
    if not isinstance(result, (list, tuple)):
        return f"returned a {type(result).__name__}; it must return the list of input tensors and its output"
    if len(result) != len(tensors) + 1:
        return f"returned {len(result)} tensors; it must return the {len(tensors)} that it got and its output"
    changed = [place for place, tensor in enumerate(tensors) if result[place] is not tensor]
    if changed:
        return f"changed tensor {changed[0]} of the {len(tensors)} that it got; it must return them as they were"
    return ""


def _fault_of_output(output: Any, newest: Any, role: Role) -> str:
    """What is wrong with the block's output, or nothing."""
    if not isinstance(output, keras.KerasTensor):
        return f"returned a {type(output).__name__} as its output; it must be a Keras tensor"
    shape = tuple(output.shape)
    rank = RANKS.get(role, len(newest.shape))
    if len(shape) != rank:
        kind = "block" if role is Role.ANY else f"{role.value} block"
        return f"has an output of shape {shape}; a {kind} here must keep to rank {rank}"
    # A sequence's length may differ from batch to batch; a layer's weights never depend on it.
    free = {0, 1} if rank == 3 and newest.shape[1] is None else {0}
    if any(axis not in free and not size for axis, size in enumerate(shape)):
        return f"has an output of shape {shape}; every size but the batch must be known and positive"
    return ""


def _line_in_block(entry: RegisteredBlock, error: BaseException) -> str:
    """The last line of the block's own file that the error went through, as ` at line n`, or nothing."""
    try:
        file = inspect.getsourcefile(entry.block_class)
    except TypeError:
        return ""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    return f" at line {lines[-1]}" if lines else ""
