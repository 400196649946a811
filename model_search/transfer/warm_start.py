"""Sets the weights of a new tower from those of earlier trials."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import keras
import numpy as np

from ..architecture import Architecture
from ..network.naming import weight_names
from ..network.weights_file import StoredWeights, WeightForm, WeightsError, form_of
from .matching import TOWER, matched
from .report import Origin


@dataclass(frozen=True)
class Earlier:
    """An earlier trial whose weights are taken.

    Attributes:
      number: the trial's.
      weight: its part in the average.
      architecture: its tower.
      path: of its weights file.
    """

    number: int
    weight: float
    architecture: Architecture
    path: str


@dataclass
class _Sum:
    """A weighted sum of one tensor over the trials that have it."""

    value: np.ndarray
    weight: float


def warm_start(
    model: keras.Model, architecture: Architecture, earlier: Sequence[Earlier]
) -> tuple[list[Origin], dict[str, int]]:
    """Sets each weight that earlier trials have too; all others keep what they have.

    A weight becomes the average over the trials that have it, by their parts, which are made to sum up to 1 for each
    tensor anew. Moving statistics are among the weights. One trial at a time is read, and of that only what agrees. A
    trial whose file is gone or damaged is left out. What is no floating-point number is taken from the trial of the
    largest part.

    Args:
      model: that the trial's own tower is, or is a part of.
      architecture: of the tower.
      earlier: trials to take from.

    Returns:
      What came from each trial, and the number of parameters by name of each weight that was set.
    """
    variables = {name: variable for name, variable in weight_names(model).items() if name.startswith(f"{TOWER}.")}
    forms = {name: form_of(variable) for name, variable in variables.items()}
    sums: dict[str, _Sum] = {}
    origins = []
    for trial in sorted(earlier, key=lambda trial: -trial.weight):
        try:
            found = _read(trial, architecture, forms)
        except WeightsError as error:
            origins.append(Origin(trial.number, trial.weight, error=str(error)))
            continue
        for name, value in found.items():
            _add(sums, name, value, trial.weight)
        origins.append(Origin(trial.number, trial.weight, len(found), sum(value.size for value in found.values())))
    for name, total in sums.items():
        value = total.value / total.weight if is_averaged(total.value.dtype) else total.value
        variables[name].assign(value.astype(forms[name].dtype))
    return origins, {name: int(total.value.size) for name, total in sums.items()}


def _read(trial: Earlier, architecture: Architecture, forms: Mapping[str, WeightForm]) -> dict[str, np.ndarray]:
    """The earlier trial's tensors that agree, by the new tower's names."""
    stored = StoredWeights(trial.path)
    names = matched(architecture, forms, trial.architecture, stored.forms)
    values = stored.read(names.values())
    return {name: values[theirs] for name, theirs in names.items()}


def is_averaged(dtype: np.dtype) -> bool:
    """Whether a mean of such values makes sense: no counters."""
    return dtype.kind == "f"


def _add(sums: dict[str, _Sum], name: str, value: np.ndarray, weight: float) -> None:
    if not is_averaged(value.dtype):
        sums.setdefault(name, _Sum(value, 1.0))
    elif name in sums:
        sums[name].value += weight * value.astype(np.float64)
        sums[name].weight += weight
    else:
        sums[name] = _Sum(weight * value.astype(np.float64), weight)
