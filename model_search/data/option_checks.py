"""Options that mean nothing to a provider are refused, rather than silently without effect."""

from collections.abc import Sequence

from ..errors import UsageError
from .provider import DataOptions


def refuse(options: DataOptions, names: Sequence[str], what: str) -> None:
    """Raises `UsageError` if one of the options has another value than when nothing is said."""
    for name in names:
        if getattr(options, name) != getattr(DataOptions(), name):
            raise UsageError(f"{name} has no meaning for {what}")
