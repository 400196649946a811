"""The Keras operations that blocks use: any name of `keras.ops`, which imports Keras when it is first used."""

from typing import Any


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import keras

    return getattr(keras.ops, name)
