"""Two data sets of scikit-learn as providers."""

from dataclasses import replace

import numpy as np
from sklearn import datasets

from ..errors import UsageError
from .arrays import provider_from
from .provider import DataOptions, Provider


def digits_provider(options: DataOptions) -> Provider:
    """Digits as vectors of 64."""
    data = datasets.load_digits()
    return provider_from((data.data.astype(np.float32), data.target), options=_bundled("digits", options))


def digits_images_provider(options: DataOptions) -> Provider:
    """Digits as plates of 8x8x1."""
    data = datasets.load_digits()
    images = data.images.astype(np.float32)[..., None]
    return provider_from((images, data.target), options=_bundled("digits_images", options))


def breast_cancer_provider(options: DataOptions) -> Provider:
    """Tumours as 30 named columns; the label is `diagnosis`."""
    data = datasets.load_breast_cancer(as_frame=True)
    frame = data.data.assign(diagnosis=data.target_names[data.target.to_numpy()])
    return provider_from(frame, label="diagnosis", options=_bundled("breast_cancer", options))


def _bundled(name: str, options: DataOptions) -> DataOptions:
    """Refuses options of files for a data set that has none, and is read in one way only."""
    types = ",".join(f"{column}={kind}" for column, kind in options.types.items())
    refused = {
        "filename": options.filename,
        "validation_filename": options.validation_filename,
        "test_filename": options.test_filename,
        "label": options.label,
        "columns": ",".join(options.columns),
        "delimiter": options.delimiter,
        "types": types,
        "weight": options.weight,
    }
    for option, value in refused.items():
        if value:
            raise UsageError(f"--{option}={value!r} has no meaning for the bundled data set {name!r}; leave it out")
    return replace(options, task=options.task or "classification")
