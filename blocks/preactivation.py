"""Residual blocks with batch normalization: pre-activated ones, and bottlenecks of both kinds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from model_search.block import Role, register_block

from . import identity_starts, layers
from .single_input import SingleInputBlock

_LINEAR = {"activation": None, "use_bias": False}


@register_block("PREACTIVATION_RESNET_3X3", kernel_size=3)
@register_block("PREACTIVATION_RESNET_5X5", kernel_size=5)
@register_block("DOWNSAMPLE_PREACTIVATION_RESNET_3X3", kernel_size=3, downsample=True)
@dataclass(frozen=True)
class PreactivationResnet(SingleInputBlock):
    """x + (batch normalization, ReLU, convolution, twice); keeps the plate's shape.

    With `downsample` the first convolution halves the plate's size, rounding up, and doubles its channels; what it is
    added to is a 1x1 convolution of stride 2 over the first ReLU.
    """

    kernel_size: int
    downsample: bool = False
    role = Role.PLATE
    source = "He et al., Identity Mappings in Deep Residual Networks, ECCV 2016, figure 1b"

    @property
    def is_reduction(self) -> bool:
        """See `Block.is_reduction`."""
        return self.downsample

    def _output(self, tensor: Any) -> Any:
        factor = 2 if self.downsample else 1
        filters = factor * layers.width(tensor)
        active = layers.batch_norm_relu(tensor, "first_")
        inner = layers.convolution(active, filters, self.kernel_size, "first_convolution", strides=factor, **_LINEAR)
        inner = layers.batch_norm_relu(inner, "second_")
        inner = layers.convolution(inner, filters, self.kernel_size, "second_convolution", **_LINEAR)
        if self.downsample:
            options = {"strides": 2, "kernel_initializer": "lecun_normal"} | _LINEAR
            tensor = layers.convolution(active, filters, 1, "shortcut_convolution", **options)
        return layers.Add(name="add")([tensor, inner])

    def identity_start(self, weights: Mapping[str, Any], nonnegative: bool) -> Mapping[str, Any] | None:
        """See `Block.identity_start`."""
        return None if self.downsample else identity_starts.zeroed(weights, "second_convolution/kernel")


@register_block("PREACTIVATION_BOTTLENECK_RESNET_4", reduction=4)
@dataclass(frozen=True)
class PreactivationBottleneckResnet(SingleInputBlock):
    """x + 1x1, 3x3 and 1x1 convolutions, each after batch normalization and ReLU; keeps the plate's shape.

    Between them are a `reduction`th of the channels, rounded up.
    """

    reduction: int
    role = Role.PLATE
    source = "He et al., Identity Mappings in Deep Residual Networks, ECCV 2016, figure 1b (as a bottleneck)"

    def _output(self, tensor: Any) -> Any:
        channels = layers.width(tensor)
        narrow = -(-channels // self.reduction)
        inner = tensor
        for prefix, filters, size in (("reduce_", narrow, 1), ("middle_", narrow, 3), ("expand_", channels, 1)):
            inner = layers.batch_norm_relu(inner, prefix)
            inner = layers.convolution(inner, filters, size, f"{prefix}convolution", **_LINEAR)
        return layers.Add(name="add")([tensor, inner])

    def identity_start(self, weights: Mapping[str, Any], nonnegative: bool) -> Mapping[str, Any] | None:
        """See `Block.identity_start`."""
        return identity_starts.zeroed(weights, "expand_convolution/kernel")


@register_block("BOTTLENECK_RESNET_4", reduction=4)
@dataclass(frozen=True)
class BottleneckResnet(SingleInputBlock):
    """relu(x + 1x1, 3x3 and 1x1 convolutions), batch normalization after each; keeps the plate's shape.

    Between them are a `reduction`th of the channels, rounded up.
    """

    reduction: int
    role = Role.PLATE
    source = "He et al., Deep Residual Learning for Image Recognition, CVPR 2016, figure 5"

    def _output(self, tensor: Any) -> Any:
        channels = layers.width(tensor)
        narrow = -(-channels // self.reduction)
        inner = layers.normalized_convolution(tensor, narrow, 1, "reduce_")
        inner = layers.normalized_convolution(inner, narrow, 3, "middle_")
        inner = layers.convolution(inner, channels, 1, "expand_convolution", **_LINEAR)
        inner = layers.batch_norm(inner, "expand_batch_norm")
        return layers.ReLU(name="relu")(layers.Add(name="add")([tensor, inner]))

    def identity_start(self, weights: Mapping[str, Any], nonnegative: bool) -> Mapping[str, Any] | None:
        """See `Block.identity_start`."""
        return identity_starts.zeroed(weights, "expand_batch_norm/gamma") if nonnegative else None
