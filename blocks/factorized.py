"""Square convolutions made of two thin ones: plates that keep their shape."""

from dataclasses import dataclass
from typing import Any

from model_search.block import Role, register_block

from . import layers
from .single_input import SingleInputBlock


@register_block("FACTORIZED_CONVOLUTION_3X3", kernel_size=3)
@register_block("FACTORIZED_CONVOLUTION_5X5", kernel_size=5)
@register_block("FACTORIZED_CONVOLUTION_7X7", kernel_size=7)
@dataclass(frozen=True)
class FactorizedConvolution(SingleInputBlock):
    """A convolution n wide and one n high, each with batch normalization and ReLU; keeps the channels.

    2 * n * c * c weights of convolutions for c channels, in place of n * n * c * c.
    """

    kernel_size: int
    role = Role.PLATE
    source = "Szegedy et al., Rethinking the Inception Architecture for Computer Vision, CVPR 2016, section 3.2"

    def _output(self, tensor: Any) -> Any:
        channels = layers.width(tensor)
        tensor = layers.normalized_convolution(tensor, channels, (1, self.kernel_size), "wide_")
        return layers.normalized_convolution(tensor, channels, (self.kernel_size, 1), "high_")
