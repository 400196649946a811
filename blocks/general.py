"""The many-branched plate block."""

from dataclasses import dataclass
from typing import Any

from model_search.block import Role, register_block

from . import layers
from .resnet import double_convolution
from .single_input import SingleInputBlock

PARTS = 5


@register_block("GENERAL_BLOCK")
@dataclass(frozen=True)
class GeneralBlock(SingleInputBlock):
    """A 1x1 reduction to a fifth of the channels and four branches over it, concatenated, ReLU.

    The branches: two 3x3 convolutions; two 5x5 convolutions; 3x3 average pooling and a 1x1 convolution; 3x3 maximum
    pooling and a 1x1 convolution. The plate keeps its size; c channels become 5 * (c // 5). Below 6 channels the block
    passes its input through.
    """

    role = Role.PLATE
    source = "after Szegedy et al., Going Deeper with Convolutions, CVPR 2015, figure 2b"

    def _output(self, tensor: Any) -> Any:
        if layers.width(tensor) <= PARTS:
            return tensor
        filters = layers.width(tensor) // PARTS
        reduced = layers.convolution(tensor, filters, 1, "reduction", activation=None)
        pooling = {"pool_size": 3, "strides": 1, "padding": "same", "data_format": "channels_last"}
        average = layers.AveragePooling2D(name="average_pool", **pooling)(reduced)
        maximum = layers.MaxPooling2D(name="max_pool", **pooling)(reduced)
        parts = [
            reduced,
            double_convolution(reduced, 3, "small_"),
            double_convolution(reduced, 5, "large_"),
            layers.convolution(average, filters, 1, "average_convolution", activation=None),
            layers.convolution(maximum, filters, 1, "max_convolution", activation=None),
        ]
        return layers.ReLU(name="relu")(layers.Concatenate(name="concatenate")(parts))
