"""New blocks that start as identities, so that a deeper tower starts as its parent's function.

Chen, Goodfellow and Shlens, Net2Net: Accelerating Learning via Knowledge Transfer, ICLR 2016, section 2.3.
"""

from collections.abc import Sequence
from typing import Any

import keras

from ..architecture import Architecture
from ..block import blocks
from ..network.naming import weight_names
from ..network.nonnegative import is_nonnegative
from .alignment import aligned
from .matching import TOWER, block_prefix


def start_as_identities(model: keras.Model, child: Architecture, parent: Architecture) -> tuple[int, ...]:
    """Gives the blocks that a tower has more than its parent weights with which they change nothing, where they can.

    Nothing is done where the parent has a block that the child has not: it is no growth then.

    Args:
      model: that the child's own tower is, or is a part of.
      child, parent: their towers.

    Returns:
      Places of the blocks that are identities now.
    """
    places = aligned(parent.blocks, child.blocks)
    if len(places) < len(parent):
        return ()
    new = [place for place in range(len(child)) if place not in places]
    return tuple(place for place in new if _start(model, child, place))


def _start(model: keras.Model, architecture: Architecture, place: int) -> bool:
    """Whether the block at a place is an identity now."""
    block = blocks[architecture[place]].create()
    identity_start = getattr(block, "identity_start", None)
    prefix = block_prefix(TOWER, architecture, place)
    layers = [layer for layer in model.layers if layer.name.startswith(prefix) and not layer.name.endswith(_BETWEEN)]
    if identity_start is None:
        return False
    variables = {
        name[len(prefix) :]: variable for name, variable in weight_names(model).items() if name.startswith(prefix)
    }
    initial = {name: keras.ops.convert_to_numpy(variable) for name, variable in variables.items()}
    values = identity_start(initial, all(map(is_nonnegative, _inputs_of(layers))))
    if values is None:
        return False
    for name, value in values.items():
        variables[name].assign(value)
    return True


# The engine's own layer behind a block.
_BETWEEN = ".dropout_between"


def _inputs_of(layers: Sequence[Any]) -> list[Any]:
    """What a block reads: inputs of its layers that none of them gives out; no lengths."""
    inside = {id(tensor) for layer in layers for tensor in _tensors(layer.output)}
    read = [tensor for layer in layers for tensor in _tensors(layer.input) if id(tensor) not in inside]
    return [tensor for tensor in read if keras.backend.is_float_dtype(tensor.dtype)]


def _tensors(structure: Any) -> list[Any]:
    return keras.tree.flatten(structure)
