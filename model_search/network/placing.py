"""Puts one block behind the tensors of its tower."""

from collections.abc import Mapping
from typing import Any

from ..block import blocks
from ..checked_block import build_checked
from .naming import name_operations, new_operations


def named_block(
    block_name: str, tensors: list[Any], hyperparameters: Mapping[str, Any], lengths: Any, prefix: str
) -> Any:
    """Output of one block behind the tensors of its tower, its layers named under `prefix`."""
    entry = blocks[block_name]
    output = build_checked(entry, entry.create(), tensors, hyperparameters, lengths)
    known = tensors if lengths is None else [*tensors, lengths]
    name_operations(new_operations(output, known), prefix)
    return output
