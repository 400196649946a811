"""The block that does nothing."""

from collections.abc import Mapping
from typing import Any

from model_search.block import Role, register_block

from .single_input import SingleInputBlock


@register_block("IDENTITY")
class Identity(SingleInputBlock):
    """Passes its input through, so that a search of fixed depth can choose a shallower tower."""

    role = Role.ANY

    @property
    def is_causal(self) -> bool:
        """It sees what it passes on."""
        return True

    def _output(self, tensor: Any) -> Any:
        return tensor

    def identity_start(self, weights: Mapping[str, Any], nonnegative: bool) -> Mapping[str, Any] | None:
        """See `Block.identity_start`."""
        return {}
