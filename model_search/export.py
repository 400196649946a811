"""Writes the model of a trial in a format that others load."""

import os
from typing import TYPE_CHECKING

from . import files
from .errors import StudyError, UsageError
from .model_dir import SIGNATURE_FILE

if TYPE_CHECKING:
    from .handle import StudyHandle

FORMATS = ("keras", "saved_model")


def check_format(path: str, format: str = "") -> str:
    """The format of an export. Raises `UsageError` where the path does not fit it."""
    chosen = format or ("keras" if path.endswith(".keras") else "saved_model")
    if chosen not in FORMATS:
        raise UsageError(f"--format={chosen} is not an export format; known: {', '.join(FORMATS)}")
    if (chosen == "keras") != path.endswith(".keras"):
        right = "a file name that ends in .keras" if chosen == "keras" else "a folder, without the ending .keras"
        raise UsageError(f"--output={path} does not fit --format={chosen}: it takes {right}")
    return chosen


def export_model(handle: "StudyHandle", path: str, source: str, format: str = "") -> str:
    """Writes a model, and beside or in it `signature.json`: inputs, classes, how to read raw files.

    Args:
      handle: the search.
      path: file ending in `.keras`, or folder of a SavedModel, which must not exist yet or be an export.
      source: path of the model's `.keras` file.
      format: `keras` or `saved_model`; empty: by the path's ending.

    Returns:
      The path written.

    Raises:
      UsageError: the path does not fit the format or exists as something else.
    """
    chosen = check_format(path, format)
    if not files.exists(source):
        raise StudyError(f"the model file {source} is gone")
    signature = files.read_bytes(files.join(handle.model_dir, SIGNATURE_FILE)) or b"{}"
    try:
        if chosen == "keras":
            _write_keras(source, path, signature)
        else:
            _write_saved_model(source, path, signature)
    except OSError as error:
        raise UsageError(f"--output={path} cannot be written: {error.strerror or error}") from None
    return path


def _write_keras(source: str, path: str, signature: bytes) -> None:
    if not files.is_remote(path):
        files.make_folder(os.path.dirname(os.path.abspath(path)))
    content = files.read_bytes(source)
    assert content is not None
    files.write_atomically(path, content)
    files.write_atomically(f"{path.removesuffix('.keras')}.signature.json", signature)


def _write_saved_model(source: str, path: str, signature: bytes) -> None:
    if not files.is_remote(path) and os.path.exists(path):
        is_export = os.path.isdir(path) and (
            not os.listdir(path) or os.path.exists(os.path.join(path, "saved_model.pb"))
        )
        if not is_export:
            raise UsageError(f"--output={path} exists and is not an exported model; name another folder")
    from .model_file import load_model

    load_model(source).export(path, verbose=False)
    files.write_atomically(files.join(path, SIGNATURE_FILE), signature)
