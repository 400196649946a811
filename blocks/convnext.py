"""ConvNeXt: plates through large depthwise convolutions and a wide layer on each cell."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from model_search.block import Role, register_block

from . import identity_starts, layers
from .single_input import SingleInputBlock

EXPANSION = 4


@register_block("CONVNEXT_5X5", kernel_size=5)
@register_block("CONVNEXT_7X7", kernel_size=7)
@dataclass(frozen=True)
class Convnext(SingleInputBlock):
    """x + depthwise convolution, layer normalization, dense to four times the channels, GELU, dense back.

    Keeps the plate's shape. There is no layer scale, which starts very deep towers; those of a search are shallow.
    """

    kernel_size: int
    role = Role.PLATE
    source = "Liu et al., A ConvNet for the 2020s, CVPR 2022, figure 4"

    def _output(self, tensor: Any) -> Any:
        channels = layers.width(tensor)
        # No ReLU stands in front of it.
        options = {"use_bias": True, "depthwise_initializer": layers.variance_scaling(1.0, "fan_out")}
        inner = layers.depthwise_convolution(tensor, self.kernel_size, "depthwise", **options)
        inner = layers.LayerNormalization(name="layer_norm")(inner)
        inner = layers.dense(inner, EXPANSION * channels, "expand", activation="gelu")
        inner = layers.dense(inner, channels, "project", activation=None)
        return layers.Add(name="add")([tensor, inner])

    def identity_start(self, weights: Mapping[str, Any], nonnegative: bool) -> Mapping[str, Any] | None:
        """See `Block.identity_start`."""
        return identity_starts.zeroed(weights, "project/kernel", "project/bias")


@register_block("CONVNEXT_DOWNSAMPLE")
class ConvnextDownsample(SingleInputBlock):
    """Layer normalization and a linear 2x2 convolution of stride 2.

    Halves the plate's size, rounding up, and doubles its channels.
    """

    role = Role.PLATE
    source = "Liu et al., A ConvNet for the 2020s, CVPR 2022, section 2.6"

    @property
    def is_reduction(self) -> bool:
        """See `Block.is_reduction`."""
        return True

    def _output(self, tensor: Any) -> Any:
        filters = 2 * layers.width(tensor)
        tensor = layers.LayerNormalization(name="layer_norm")(tensor)
        options = {"strides": 2, "activation": None, "kernel_initializer": "lecun_normal"}
        return layers.convolution(tensor, filters, 2, "convolution", **options)
