"""Pooling of stride 1: plates that keep their shape."""

from dataclasses import dataclass
from typing import Any

from model_search.block import Role, register_block

from . import layers
from .single_input import SingleInputBlock

_SOURCE = "Pham et al., Efficient Neural Architecture Search via Parameter Sharing, ICML 2018, section 2.3"


@register_block("AVERAGE_POOL_3X3_STRIDE_1", kernel_size=3)
@dataclass(frozen=True)
class AverageSmoothing(SingleInputBlock):
    """Mean of the k x k cells around each cell; those outside of the plate do not count."""

    kernel_size: int
    role = Role.PLATE
    source = _SOURCE

    def _output(self, tensor: Any) -> Any:
        options = {"strides": 1, "padding": "same", "data_format": "channels_last"}
        return layers.AveragePooling2D(self.kernel_size, name="pool", **options)(tensor)


@register_block("MAX_POOLING_3X3_STRIDE_1", pool_size=3)
@dataclass(frozen=True)
class MaxSmoothing(SingleInputBlock):
    """Maximum of the k x k cells around each cell."""

    pool_size: int
    role = Role.PLATE
    source = _SOURCE

    def _output(self, tensor: Any) -> Any:
        options = {"strides": 1, "padding": "same", "data_format": "channels_last"}
        return layers.MaxPooling2D(self.pool_size, name="pool", **options)(tensor)
