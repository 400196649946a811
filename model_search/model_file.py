"""Models as files."""

import zipfile

import keras

from .errors import UsageError, plain_message


def load_model(path: str) -> keras.Model:
    """A model from its `.keras` file, in a folder or a bucket.

    Raises:
      UsageError: there is no such file, or it is no model.
    """
    try:
        return keras.models.load_model(path, compile=False)
    except (OSError, ValueError, TypeError, KeyError, zipfile.BadZipFile) as error:
        raise UsageError(f"{path} is not a readable .keras model: {plain_message(error)}") from None
