"""Whether this process is one of several workers of each trial. Imports no TensorFlow: it must not have started yet."""

import os

from ..spec.loading import load_spec
from ..training.cluster import VARIABLE, cluster
from .flags import FLAGS


def trains_in_step() -> bool:
    """Whether the spec asks for it and the environment names other workers. Raises `UsageError`."""
    # Of the bundled specs, of which one is taken where none is given, none asks.
    if not FLAGS.spec or VARIABLE not in os.environ:
        return False
    return load_spec(FLAGS.spec).use_synchronous_optimizer and cluster() is not None
