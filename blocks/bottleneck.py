"""Vectors through a narrow layer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from model_search.block import Role, register_block

from . import identity_starts, layers
from .single_input import SingleInputBlock


@register_block("BOTTLENECK_32", projection_size=32)
@register_block("BOTTLENECK_64", projection_size=64)
@register_block("BOTTLENECK_32_SKIP", projection_size=32, skip_connect=True)
@register_block("BOTTLENECK_64_SKIP", projection_size=64, skip_connect=True)
@dataclass(frozen=True)
class Bottleneck(SingleInputBlock):
    """Dense layer to `projection_size`, ReLU, dense layer back to the input's width, ReLU.

    With `skip_connect` the input is added after the last ReLU.
    """

    projection_size: int
    skip_connect: bool = False
    role = Role.VECTOR
    source = "Grezl et al., Probabilistic and Bottle-Neck Features for LVCSR of Meetings, ICASSP 2007"

    def _output(self, tensor: Any) -> Any:
        inner = layers.dense(tensor, self.projection_size, "reduce")
        output = layers.dense(inner, layers.width(tensor), "expand")
        return layers.Add(name="skip_add")([output, tensor]) if self.skip_connect else output

    def identity_start(self, weights: Mapping[str, Any], nonnegative: bool) -> Mapping[str, Any] | None:
        """See `Block.identity_start`."""
        return identity_starts.shrunk(weights, "expand/kernel") if self.skip_connect else None
