"""Inception modules: plates through convolutions of several sizes side by side."""

from typing import Any

from model_search.block import Role, register_block

from . import layers
from .single_input import SingleInputBlock


@register_block("INCEPTION_MODULE")
class InceptionModule(SingleInputBlock):
    """1x1, 3x3 and 5x5 convolutions and a 3x3 maximum pooling with a 1x1 convolution, concatenated.

    1x1 convolutions reduce the channels in front of the larger ones; ReLU follows every convolution. The plate keeps
    its size. The branches have 1/4, 1/2, 1/8 and 1/8 of the c channels and the reductions 3/8 and 1/16, as the paper's
    first module has them, all rounded up: c channels stay c where c is a multiple of 8.
    """

    role = Role.PLATE
    source = "Szegedy et al., Going Deeper with Convolutions, CVPR 2015, figure 2b and table 1 (3a)"

    def _output(self, tensor: Any) -> Any:
        def part(sixteenths: int) -> int:
            return -(-layers.width(tensor) * sixteenths // 16)

        middle = layers.convolution(tensor, part(6), 1, "middle_reduction")
        large = layers.convolution(tensor, part(1), 1, "large_reduction")
        options = {"strides": 1, "padding": "same", "data_format": "channels_last"}
        pool = layers.MaxPooling2D(3, name="pool", **options)(tensor)
        branches = [
            layers.convolution(tensor, part(4), 1, "small_convolution"),
            layers.convolution(middle, part(8), 3, "middle_convolution"),
            layers.convolution(large, part(2), 5, "large_convolution"),
            layers.convolution(pool, part(2), 1, "pool_convolution"),
        ]
        return layers.Concatenate(name="concatenate")(branches)
