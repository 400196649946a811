"""Model Search: finds good neural networks for a data set.

The door for notebooks and plug-ins. Names are imported when they are first used, because TensorFlow takes seconds:

- `search(data=..., spec="dnn", max_trials=20, model_dir=...)` runs a search and gives a study handle;
- `load(model_dir)` opens the results of one;
- `Block` and `register_block` are for blocks, `register_provider` and `data` for data of one's own.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import data
    from .api import search
    from .block import Block, register_block
    from .data.provider import register_provider
    from .handle import StudyHandle, load

__all__ = ["Block", "StudyHandle", "data", "load", "register_block", "register_provider", "search"]

_HOMES = {
    "Block": ".block",
    "StudyHandle": ".handle",
    "load": ".handle",
    "register_block": ".block",
    "register_provider": ".data.provider",
    "search": ".api",
}


def __getattr__(name: str) -> Any:
    if name == "data":
        return import_module(".data", __name__)
    if name in _HOMES:
        return getattr(import_module(_HOMES[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, *globals()])
