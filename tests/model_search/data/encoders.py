"""What a provider's encoder gives once it is saved and loaded by plain Keras."""

import keras
import numpy as np


def encoder_of(made, folder):
    """The encoder as a model of raw inputs by name, from a file."""
    inputs = {n: keras.Input(f.shape, dtype=f.dtype, name=n) for n, f in made.signature().items()}
    keras.Model(inputs, made.encode(inputs)).save(folder / "encoder.keras")
    return keras.models.load_model(folder / "encoder.keras")


def encoded(made, folder, dataset=None):
    """Encoded tensors and labels of a dataset (the training data), joined; a dict of tensors for sequences."""
    model = encoder_of(made, folder)
    batches = [(model(x), y) for x, y, _ in (made.train() if dataset is None else dataset)]
    y = np.concatenate([labels for _, labels in batches])
    if isinstance(batches[0][0], dict):
        return {n: np.concatenate([x[n] for x, _ in batches]) for n in ("x", "lengths")}, y
    return np.concatenate([x for x, _ in batches]), y
