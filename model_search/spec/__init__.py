"""The search spec: read, completed, validated."""

from ..proto.search_spec_pb2 import SearchSpec
from .completion import canonical_text, complete
from .early_stopping import rungs
from .loading import bundled_specs, load_spec, parse_spec
from .second_objective import cost_of_spec
from .steps import trial_steps
from .validation import validate

__all__ = [
    "SearchSpec",
    "bundled_specs",
    "canonical_text",
    "complete",
    "cost_of_spec",
    "load_spec",
    "parse_spec",
    "rungs",
    "trial_steps",
    "validate",
]
