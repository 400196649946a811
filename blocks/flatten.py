"""From plates to vectors: (batch, height, width, channels) to (batch, features)."""

from typing import Any

from model_search.block import Role, register_block

from . import layers
from .single_input import SingleInputBlock


@register_block("FLATTEN")
class Flatten(SingleInputBlock):
    """Every value of the plate: height * width * channels features."""

    role = Role.FLATTEN

    def _output(self, tensor: Any) -> Any:
        return layers.Flatten(data_format="channels_last", name="flatten")(tensor)


@register_block("DOWNSAMPLE_FLATTEN")
class DownsampleFlatten(SingleInputBlock):
    """3x3 convolutions of stride 2 that double the channels, with ReLU, until the plate is 1x1; then its channels.

    The number of convolutions n is the base-2 logarithm of the longer side, rounded up; channels * 2 ** n features.
    """

    role = Role.FLATTEN
    source = "Springenberg et al., Striving for Simplicity: The All Convolutional Net, ICLR 2015 workshop, section 2"

    def _output(self, tensor: Any) -> Any:
        step = 0
        while max(layers.plate_size(tensor)) > 1:
            step += 1
            tensor = layers.convolution(tensor, 2 * layers.width(tensor), 3, f"convolution_{step}", strides=2)
        return layers.Flatten(data_format="channels_last", name="flatten")(tensor)


@register_block("PLATE_REDUCTION_FLATTEN")
class PlateReductionFlatten(SingleInputBlock):
    """Mean over the plate: one feature for each channel."""

    role = Role.FLATTEN
    source = "Lin, Chen and Yan, Network In Network, ICLR 2014, section 3.2"

    def _output(self, tensor: Any) -> Any:
        return layers.GlobalAveragePooling2D(data_format="channels_last", name="mean")(tensor)
