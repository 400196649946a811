"""All search algorithms, by the name that a spec gives them."""

from collections.abc import Mapping

from ..proto.search_spec_pb2 import SearchType
from ..spec import SearchSpec
from . import coordinate_descent, random_search
from .algorithm import SearchAlgorithm

ALGORITHMS: Mapping[int, SearchAlgorithm] = {
    SearchType.ADAPTIVE_COORDINATE_DESCENT: coordinate_descent.suggest,
    SearchType.NONADAPTIVE_RANDOM_SEARCH: random_search.suggest,
}


def algorithm_of(spec: SearchSpec) -> SearchAlgorithm:
    """The algorithm that a completed, valid spec asks for."""
    return ALGORITHMS[spec.search_type]
