"""A trial's hyperparameters: which there are, and who proposes their values."""

from .oracles import propose
from .space import default_values, hyperparameter_space, lacks_nothing

__all__ = ["default_values", "hyperparameter_space", "lacks_nothing", "propose"]
