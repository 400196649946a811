"""What a search algorithm is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from ..architecture import Architecture
from ..errors import StudyError
from ..spec import SearchSpec
from ..study import History, HyperparameterValue


class SearchSpaceExhaustedError(StudyError):
    """Nothing is left that may be trained: all of it is done or has failed."""


@dataclass(frozen=True)
class Proposal:
    """What to train next.

    Attributes:
      architecture: the tower.
      parents: numbers of the trials that it was made from.
      origin: how it was made (`random`, `grow`, `mutate`), for people.
      hyperparameters: values that the search itself proposes, by name, out of the tower's space; the oracle proposes
        those that are missing.
    """

    architecture: Architecture
    parents: tuple[int, ...] = ()
    origin: str = ""
    hyperparameters: Mapping[str, HyperparameterValue] = field(default_factory=dict)


class SearchAlgorithm(Protocol):
    """A function from what is known to what to train next.

    Pure: no clock, no files, no state of its own; equal arguments (and an equal state of `rng`) give equal proposals.
    """

    def __call__(self, spec: SearchSpec, history: History, rng: np.random.Generator) -> Proposal:
        """Proposes an architecture.

        Never one that failed; one that is running or done only where nothing else is near.

        Args:
          spec: completed and valid.
          history: the study so far.
          rng: the only source of chance.

        Raises:
          SearchSpaceExhaustedError: every architecture it could propose has failed.
        """
        ...


class JointAlgorithm(Protocol):
    """A search algorithm that looks at hyperparameters too, or hands them to one that does: pure as the others."""

    def __call__(self, spec: SearchSpec, history: History, rng: np.random.Generator, *, train_steps: int) -> Proposal:
        """As a `SearchAlgorithm`; `train_steps` of the study give a tower its space (`hyperparameter_space`)."""
        ...
