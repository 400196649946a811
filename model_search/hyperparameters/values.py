"""Values as they are stored: plain Python, floats that float32 holds exactly."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..study import HyperparameterValue


def rounded(value: float) -> float:
    """The nearest float32, as a Python float."""
    return float(np.float32(value))


def plain(value: Any) -> HyperparameterValue:
    """A hyperparameter's value as a Python bool, int, str or float; floats rounded to float32."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    return value if isinstance(value, str) else rounded(value)


def plain_values(values: Mapping[str, Any]) -> dict[str, HyperparameterValue]:
    """`plain` for each of named values."""
    return {name: plain(value) for name, value in values.items()}
