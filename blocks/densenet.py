"""Densely connected blocks: plates to which every layer adds channels, and what makes them smaller again."""

from dataclasses import dataclass
from typing import Any

from model_search.block import Role, register_block

from . import layers
from .single_input import SingleInputBlock


@register_block("DENSENET_BLOCK_12_2", growth=12, depth=2)
@register_block("DENSENET_BLOCK_12_4", growth=12, depth=4)
@register_block("DENSENET_BLOCK_24_2", growth=24, depth=2)
@register_block("DENSENET_BLOCK_24_4", growth=24, depth=4)
@dataclass(frozen=True)
class DensenetBlock(SingleInputBlock):
    """`depth` times: batch normalization, ReLU and a 3x3 convolution to `growth` channels, put after all so far.

    The plate keeps its size; c channels become c + depth * growth, the first c of them the input.
    """

    growth: int
    depth: int
    role = Role.PLATE
    source = "Huang et al., Densely Connected Convolutional Networks, CVPR 2017, section 3"

    def _output(self, tensor: Any) -> Any:
        for step in range(1, self.depth + 1):
            new = layers.batch_norm_relu(tensor, f"layer_{step}_")
            name = f"layer_{step}_convolution"
            new = layers.convolution(new, self.growth, 3, name, activation=None, use_bias=False)
            tensor = layers.Concatenate(name=f"layer_{step}_concatenate")([tensor, new])
        return tensor


@register_block("DENSENET_TRANSITION")
class DensenetTransition(SingleInputBlock):
    """Batch normalization, ReLU, 1x1 convolution to half of the channels, 2x2 mean.

    The plate's sides are halved, rounding down, and stay 1 where they are 1; c channels become c / 2, rounded up.
    """

    role = Role.PLATE
    source = "Huang et al., Densely Connected Convolutional Networks, CVPR 2017, section 3 (compression 0.5)"

    def _output(self, tensor: Any) -> Any:
        filters = -(-layers.width(tensor) // 2)
        tensor = layers.batch_norm_relu(tensor)
        tensor = layers.convolution(tensor, filters, 1, "convolution", activation=None, use_bias=False)
        height, width = layers.plate_size(tensor)
        tile = (min(2, height), min(2, width))
        return layers.AveragePooling2D(tile, data_format="channels_last", name="pool")(tensor)
