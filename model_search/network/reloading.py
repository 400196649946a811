"""Whether a network can be loaded again from its file: blocks of users may be made of layers that cannot."""

import keras

from ..architecture import Architecture
from ..block import blocks
from ..errors import BuildError, plain_message
from ..registry import place_of

LIBRARY = "model_search.blocks."
"""The library's own blocks are tested for it."""


def check_reloads(model: keras.Model, architecture: Architecture) -> None:
    """Puts a network together again from what its file would say, if a block is not the library's.

    Raises:
      BuildError: that fails; names the block.
    """
    foreign = [name for name in architecture if not blocks[name].block_class.__module__.startswith(LIBRARY)]
    if not foreign:
        return
    try:
        keras.Model.from_config(model.get_config())
    except Exception as error:  # Whatever a user's layer does.
        named = ", ".join(f"{name!r} ({place_of(blocks[name].block_class)})" for name in dict.fromkeys(foreign))
        raise BuildError(
            f"a network with block {named} cannot be loaded from its file again; register its layers with"
            f" keras.saving.register_keras_serializable, and use no Lambda: {plain_message(error)}"
        ) from error
