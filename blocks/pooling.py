"""Pooling: (batch, height, width, channels) to a plate `k` times smaller, rounded down."""

from dataclasses import dataclass
from typing import Any

from model_search.block import Role, register_block

from . import layers
from .single_input import SingleInputBlock


@register_block("AVERAGE_POOL_2X2", kernel_size=2)
@register_block("AVERAGE_POOL_4X4", kernel_size=4)
@dataclass(frozen=True)
class AveragePool(SingleInputBlock):
    """Mean of each k x k tile; passes its input through where the plate is smaller than a tile."""

    kernel_size: int
    role = Role.PLATE
    source = "LeCun et al., Gradient-Based Learning Applied to Document Recognition, Proc. IEEE 86, 1998, II.A"

    def _output(self, tensor: Any) -> Any:
        if min(layers.plate_size(tensor)) < self.kernel_size:
            return tensor
        return layers.AveragePooling2D(self.kernel_size, data_format="channels_last", name="pool")(tensor)


@register_block("MAX_POOLING_2X2", pool_size=2)
@register_block("MAX_POOLING_3X3", pool_size=3)
@register_block("MAX_POOLING_5X5", pool_size=5)
@dataclass(frozen=True)
class MaxPooling(SingleInputBlock):
    """Maximum of each k x k tile; passes its input through where the plate is smaller than a tile."""

    pool_size: int
    role = Role.PLATE
    source = "Riesenhuber and Poggio, Hierarchical Models of Object Recognition in Cortex, Nature Neuroscience 2, 1999"

    def _output(self, tensor: Any) -> Any:
        if min(layers.plate_size(tensor)) < self.pool_size:
            return tensor
        return layers.MaxPooling2D(self.pool_size, data_format="channels_last", name="pool")(tensor)
