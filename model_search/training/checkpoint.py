"""Mid-trial checkpoints: a long trial that is taken up again goes on where it was."""

import io
import zipfile
from collections.abc import Sequence

import keras
import numpy as np

from ..files import read_bytes, write_atomically
from ..study import Suggestion

CHECKPOINT = "checkpoint.npz"


def save_checkpoint(path: str, step: int, suggestion: Suggestion, variables: Sequence[keras.Variable]) -> None:
    """Writes step and variables, whole or not at all.

    Args:
      path: file to write.
      step: gradient steps done.
      suggestion: what is being trained; a checkpoint of another suggestion is not loaded.
      variables: of network and optimizer, in an order that the same suggestion always has.
    """
    arrays = {f"variable_{i}": keras.ops.convert_to_numpy(variable) for i, variable in enumerate(variables)}
    buffer = io.BytesIO()
    np.savez(buffer, step=np.int64(step), suggestion=np.array(suggestion.fingerprint), **arrays)
    write_atomically(path, buffer.getvalue())


def load_checkpoint(path: str, suggestion: Suggestion, variables: Sequence[keras.Variable]) -> int:
    """Sets the variables from a checkpoint and gives its step; 0, with nothing set, where there is none that fits."""
    content = read_bytes(path)
    if content is None:
        return 0
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as stored:
            values = [stored[f"variable_{i}"] for i in range(len(variables))]
            fits = str(stored["suggestion"]) == suggestion.fingerprint and all(
                value.shape == tuple(variable.shape) for value, variable in zip(values, variables, strict=True)
            )
            step = int(stored["step"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return 0
    if not fits:
        return 0
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
    return step
