"""What a spec says of a second objective: a cost that is to be low besides."""

from ..proto.search_spec_pb2 import SearchSpec
from .checks import Words, require

_COSTS = {SearchSpec.PARAMETERS: "parameters", SearchSpec.FLOPS: "flops", SearchSpec.LATENCY: "latency_ms"}


def cost_of_spec(spec: SearchSpec) -> str:
    """The second objective as a field of `Result`; empty where there is none."""
    return _COSTS.get(spec.second_objective, "")


def check_second_objective(spec: SearchSpec) -> None:
    """Raises `UsageError` where a beam of one trial leaves nothing to choose."""
    name = Words(SearchSpec.SecondObjective.Name(spec.second_objective))
    fits = not spec.second_objective or spec.beam_size > 1
    require(fits, "second_objective", name, "it needs beam_size 2 or more: one trial is no front")
