"""Images (or other plates) in memory: arrays of rank 4."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ..errors import UsageError
from .memory import MemoryProvider, Parts
from .provider import Column, DataOptions, Description, Feature, Task, TaskKind
from .tabular import PartCoder, Table, identity_of, make_table_task, split_table

INPUT = "image"
LABEL = "label"
WEIGHT = "weight"


@dataclass(frozen=True)
class Plates:
    """Images (n, height, width, channels), labels (n,), weights (n,) or None, and where they are from."""

    images: np.ndarray
    labels: np.ndarray
    weights: np.ndarray | None
    source: str
