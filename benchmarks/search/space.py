"""The space of the search tables: every tower of up to four blocks out of two families."""

from itertools import product

from model_search.architecture import Architecture
from model_search.proto.search_spec_pb2 import ProblemType
from model_search.spec import SearchSpec, complete
from model_search.spec.towers import tower

PLATES = (
    "FIXED_CHANNEL_CONVOLUTION_16",
    "CONVOLUTION_3X3",
    "DOWNSAMPLE_CONVOLUTION_3X3",
    "MAX_POOLING_2X2",
    "RESNET_3X3",
)
VECTORS = ("FIXED_OUTPUT_FULLY_CONNECTED_64", "FULLY_CONNECTED_RESIDUAL_CONCAT")
TURN = "PLATE_REDUCTION_FLATTEN"
DEPTH = 4


def table_spec(**fields: object) -> SearchSpec:
    """A completed spec of the space; `fields` are set beside it (search_type, beam_size ...)."""
    spec = SearchSpec(problem_type=ProblemType.CNN, maximum_depth=DEPTH, blocks_to_use=[*PLATES, *VECTORS, TURN])
    for name, value in fields.items():
        if isinstance(value, (list, tuple)):
            getattr(spec, name).extend(value)
        else:
            setattr(spec, name, value)
    return complete(spec)


def architectures() -> list[Architecture]:
    """All 1,280 of the space, by depth: plates come before vectors, so that many orders are the same tower."""
    spec = table_spec()
    return [
        tower(spec, (*plates, *vectors))
        for depth in range(1, DEPTH + 1)
        for count in range(depth, -1, -1)
        for plates in product(PLATES, repeat=count)
        for vectors in product(VECTORS, repeat=depth - count)
    ]
