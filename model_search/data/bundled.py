"""Two data sets of scikit-learn as providers."""

from dataclasses import replace

import numpy as np
from sklearn import datasets

from .arrays.arrays import provider_from
from .provider import DataOptions, Provider


def digits_provider(options: DataOptions) -> Provider:
    """Digits as vectors of 64."""
    data = datasets.load_digits()
    return provider_from((data.data.astype(np.float32), data.target), options=_bundled(options))


def digits_images_provider(options: DataOptions) -> Provider:
    """Digits as plates of 8x8x1."""
    data = datasets.load_digits()
    images = data.images.astype(np.float32)[..., None]
    return provider_from((images, data.target), options=_bundled(options))


def breast_cancer_provider(options: DataOptions) -> Provider:
    """Tumours as 30 named columns; the label is `diagnosis`."""
    data = datasets.load_breast_cancer(as_frame=True)
    frame = data.data.assign(diagnosis=data.target_names[data.target.to_numpy()])
    return provider_from(frame, label="diagnosis", options=_bundled(options))


def _bundled(options: DataOptions) -> DataOptions:
    """A bundled set is read in one way only."""
    return replace(options, task=options.task or "classification")
