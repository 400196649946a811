"""Search algorithms: which architecture comes next."""

from .algorithm import Proposal, SearchAlgorithm, SearchSpaceExhaustedError
from .table import ALGORITHMS, algorithm_of

__all__ = ["ALGORITHMS", "Proposal", "SearchAlgorithm", "SearchSpaceExhaustedError", "algorithm_of"]
