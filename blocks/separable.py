"""Depthwise-separable convolutions: plates, one convolution per channel and a 1x1 convolution across the channels."""

from dataclasses import dataclass
from typing import Any

from model_search.block import Role, register_block

from . import layers
from .single_input import SingleInputBlock


@register_block("SEPARABLE_CONVOLUTION_3X3", kernel_size=3)
@register_block("SEPARABLE_CONVOLUTION_5X5", kernel_size=5)
@register_block("DOWNSAMPLE_SEPARABLE_CONVOLUTION_3X3", kernel_size=3, downsample=True)
@register_block("DOWNSAMPLE_SEPARABLE_CONVOLUTION_5X5", kernel_size=5, downsample=True)
@dataclass(frozen=True)
class SeparableConvolution(SingleInputBlock):
    """Depthwise-separable convolution, batch normalization, ReLU; keeps the plate's size and its channels.

    With `downsample` the plate's size is halved, rounding up, and its channels doubled.
    """

    kernel_size: int
    downsample: bool = False
    role = Role.PLATE
    source = "Chollet, Xception: Deep Learning with Depthwise Separable Convolutions, CVPR 2017, figure 4"

    @property
    def is_reduction(self) -> bool:
        """See `Block.is_reduction`."""
        return self.downsample

    def _output(self, tensor: Any) -> Any:
        factor = 2 if self.downsample else 1
        filters = factor * layers.width(tensor)
        tensor = layers.separable_convolution(tensor, filters, self.kernel_size, "separable", strides=factor)
        return layers.batch_norm_relu(tensor)
