"""Search algorithms: which architecture comes next."""

from .algorithm import Proposal, SearchAlgorithm, SearchSpaceExhaustedError
from .table import SEARCH_TYPES, algorithm_of

__all__ = ["SEARCH_TYPES", "Proposal", "SearchAlgorithm", "SearchSpaceExhaustedError", "algorithm_of"]
