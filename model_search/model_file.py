"""Models as files."""

import keras

from . import files
from .errors import UsageError, plain_message


def load_model(path: str) -> keras.Model:
    """A model from its `.keras` file, in a folder or a bucket.

    Raises:
      UsageError: there is no such file, or it is no model.
    """
    if not files.exists(path):
        raise UsageError(f"{path} is not a readable .keras model: there is no such file")
    if not files.is_whole_archive(path):
        raise UsageError(f"{path} is not a readable .keras model: the file is damaged")
    try:
        return keras.models.load_model(path, compile=False)
    except (*files.DAMAGE, TypeError) as error:
        raise UsageError(f"{path} is not a readable .keras model: {plain_message(error)}") from None
