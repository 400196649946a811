"""The files of a trial: written under temporary names, then renamed."""

import io
import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import asdict

import keras
import numpy as np

from .. import files
from ..converters import suggestion_text
from ..data.trees import Tree
from ..model_dir import trial_folder as trial_folder
from ..network.weights_file import write_weights
from ..study import Measurement, Suggestion
from .events import write_events

MODEL = "model.keras"
SUGGESTION = "suggestion.pbtxt"
MEASUREMENTS = "measurements.json"
LOGITS = "evaluation_logits.npz"


def keras_bytes(model: keras.Model) -> bytes:
    """The `.keras` archive of a model."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, MODEL)
        model.save(path)
        with open(path, "rb") as file:
            return file.read()


def logits_bytes(logits: Tree) -> bytes:
    """Content of a file of logits: an archive, whose checksums tell of damage, of `logits` or `logits/<task>`."""
    buffer = io.BytesIO()
    arrays = {f"logits/{name}": of_task for name, of_task in logits.items()} if isinstance(logits, dict) else None
    np.savez(buffer, allow_pickle=False, **(arrays or {"logits": logits}))
    return buffer.getvalue()


def write_model(folder: str, model: keras.Model) -> None:
    """Writes a model that serves as `model.keras` into a folder."""
    files.write_atomically(files.join(folder, MODEL), keras_bytes(model))


def write_records(folder: str, number: int, suggestion: Suggestion, measurements: Sequence[Measurement]) -> None:
    """Writes what a trial was and how it went into its folder."""
    write_events(folder, measurements)
    files.write_atomically(files.join(folder, SUGGESTION), suggestion_text(number, suggestion).encode())
    content = json.dumps([asdict(measurement) for measurement in measurements], indent=1)
    files.write_atomically(files.join(folder, MEASUREMENTS), content.encode())


def write_artifacts(
    folder: str,
    number: int,
    suggestion: Suggestion,
    model: keras.Model,
    tower: keras.Model,
    logits: Tree | None,
    measurements: Sequence[Measurement],
) -> str:
    """Writes all files of a finished trial into its folder: the model that serves, the weights of its tower, and so on.

    Returns:
      Path of the model below the model directory: `trials/<number>/model.keras`.
    """
    write_records(folder, number, suggestion, measurements)
    if logits is not None:
        files.write_atomically(files.join(folder, LOGITS), logits_bytes(logits))
    write_weights(folder, tower)
    write_model(folder, model)
    return f"trials/{number}/{MODEL}"
