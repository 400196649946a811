"""Which options a provider reads: others are refused, rather than silently without effect."""

from collections.abc import Collection
from dataclasses import fields, replace

from ..errors import UsageError
from .provider import DataOptions

FILES = ("filename", "validation_filename", "test_filename")
FRACTIONS = ("validation_fraction", "test_fraction")
ALWAYS = ("seed", "problem_type", "lengths")
"""What the study and its spec say, whatever the data."""

USUAL_LENGTHS = "lengths"
"""What specs call the lengths of sequences where they say nothing: data may lack a feature of this name."""


def refuse_others(options: DataOptions, used: Collection[str], what: str) -> None:
    """Raises `UsageError` if an option is set that is not among those a provider uses."""
    default = DataOptions()
    for name in (field.name for field in fields(DataOptions)):
        value = getattr(options, name)
        if name not in used and name not in ALWAYS and value != getattr(default, name):
            raise UsageError(f"{name} has no meaning for {what}; leave it out")


def with_known_lengths(options: DataOptions, names: Collection[str]) -> DataOptions:
    """The options, without lengths of the usual name where the data have none."""
    return replace(options, lengths="") if options.lengths == USUAL_LENGTHS and USUAL_LENGTHS not in names else options
