"""How many threads a trainer's process computes with."""

import os
from collections.abc import MutableMapping

VARIABLES = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS")


def set_threads(threads: int, environment: MutableMapping[str, str] = os.environ) -> None:
    """Tells TensorFlow and OpenMP, before they start in a process with this environment; 0: they decide."""
    if threads:
        environment.update(dict.fromkeys(VARIABLES, str(threads)))
