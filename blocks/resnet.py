"""Residual blocks: plates that keep their shape, a learned difference added to the input."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from model_search.block import Role, register_block

from . import identity_starts, layers
from .single_input import SingleInputBlock


def double_convolution(tensor: Any, kernel_size: int, prefix: str = "") -> Any:
    """Two convolutions that keep the shape, ReLU between them and none after."""
    channels = layers.width(tensor)
    tensor = layers.convolution(tensor, channels, kernel_size, f"{prefix}convolution_1")
    return layers.convolution(tensor, channels, kernel_size, f"{prefix}convolution_2", activation=None)


@register_block("RESNET_3X3", kernel_size=3)
@register_block("RESNET_4X4", kernel_size=4)
@register_block("RESNET_5X5", kernel_size=5)
@dataclass(frozen=True)
class Resnet(SingleInputBlock):
    """relu(x + two convolutions of x)."""

    kernel_size: int
    role = Role.PLATE
    source = "He et al., Deep Residual Learning for Image Recognition, CVPR 2016, figure 2"

    def _output(self, tensor: Any) -> Any:
        residual = double_convolution(tensor, self.kernel_size)
        return layers.ReLU(name="relu")(layers.Add(name="add")([tensor, residual]))

    def identity_start(self, weights: Mapping[str, Any], nonnegative: bool) -> Mapping[str, Any] | None:
        """See `Block.identity_start`."""
        last = ("convolution_1/kernel", "convolution_1/bias")
        return identity_starts.zeroed(weights, *last) if nonnegative else None


@register_block("DUAL_RESNET")
@dataclass(frozen=True)
class DualResnet(SingleInputBlock):
    """relu(x + the mean of two branches of two 3x3 convolutions of x)."""

    role = Role.PLATE
    source = "Gastaldi, Shake-Shake regularization, 2017, section 1.2 (branches weighted equally)"

    def _output(self, tensor: Any) -> Any:
        branches = [double_convolution(tensor, 3, prefix) for prefix in ("left_", "right_")]
        residual = layers.Average(name="average")(branches)
        return layers.ReLU(name="relu")(layers.Add(name="add")([tensor, residual]))

    def identity_start(self, weights: Mapping[str, Any], nonnegative: bool) -> Mapping[str, Any] | None:
        """See `Block.identity_start`."""
        last = [f"{side}_convolution_1/{name}" for side in ("left", "right") for name in ("kernel", "bias")]
        return identity_starts.zeroed(weights, *last) if nonnegative else None
