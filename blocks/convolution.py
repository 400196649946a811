"""Convolutions: (batch, height, width, channels) to another plate, ending in ReLU."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from model_search.block import Role, register_block

from . import identity_starts, layers
from .single_input import SingleInputBlock

_ZIP_CODES = "LeCun et al., Backpropagation Applied to Handwritten Zip Code Recognition, Neural Computation 1, 1989"


@register_block("FIXED_CHANNEL_CONVOLUTION_16", num_filters=16)
@register_block("FIXED_CHANNEL_CONVOLUTION_32", num_filters=32)
@register_block("FIXED_CHANNEL_CONVOLUTION_64", num_filters=64)
@register_block("FIXED_CHANNEL_CONVOLUTION_120", num_filters=120)
@register_block("FIXED_CHANNEL_STRIDE_96_2", num_filters=96, apply_batch_norm=False, stride=(2, 2))
@register_block("FIXED_CHANNEL_CONVOLUTION_96", num_filters=96, apply_batch_norm=False)
@dataclass(frozen=True)
class FixedChannelConvolution(SingleInputBlock):
    """3x3 convolution to a fixed number of channels; the plate becomes ceil(size / stride)."""

    num_filters: int
    stride: tuple[int, int] = (1, 1)
    apply_batch_norm: bool = True
    role = Role.PLATE
    source = _ZIP_CODES

    def _output(self, tensor: Any) -> Any:
        if not self.apply_batch_norm:
            return layers.convolution(tensor, self.num_filters, 3, "convolution", strides=self.stride)
        tensor = layers.convolution(
            tensor, self.num_filters, 3, "convolution", strides=self.stride, activation=None, use_bias=False
        )
        return layers.batch_norm_relu(tensor)

    def identity_start(self, weights: Mapping[str, Any], nonnegative: bool) -> Mapping[str, Any] | None:
        """See `Block.identity_start`: not with batch normalization, which changes what it gets in training."""
        if self.apply_batch_norm or self.stride != (1, 1) or not nonnegative:
            return None
        return identity_starts.passing(weights, "convolution")


@register_block("CONVOLUTION_3X3", kernel_size=3)
@register_block("CONVOLUTION_4X4", kernel_size=4)
@register_block("CONVOLUTION_5X5", kernel_size=5)
@register_block("CONVOLUTION_1X3", kernel_size=(1, 3))
@register_block("CONVOLUTION_1X5", kernel_size=(1, 5))
@register_block("CONVOLUTION_1X7", kernel_size=(1, 7))
@register_block("CONVOLUTION_3X1", kernel_size=(3, 1))
@register_block("CONVOLUTION_5X1", kernel_size=(5, 1))
@register_block("CONVOLUTION_7X1", kernel_size=(7, 1))
@dataclass(frozen=True)
class Convolution(SingleInputBlock):
    """Convolution that keeps the plate's size and its channels."""

    kernel_size: int | tuple[int, int]
    role = Role.PLATE
    source = _ZIP_CODES

    def _output(self, tensor: Any) -> Any:
        return layers.convolution(tensor, layers.width(tensor), self.kernel_size, "convolution")

    def identity_start(self, weights: Mapping[str, Any], nonnegative: bool) -> Mapping[str, Any] | None:
        """See `Block.identity_start`."""
        return identity_starts.passing(weights, "convolution") if nonnegative else None


@register_block("INCREASE_CHANNELS_3X3", kernel_size=3)
@register_block("INCREASE_CHANNELS_4X4", kernel_size=4)
@register_block("INCREASE_CHANNELS_5X5", kernel_size=5)
@dataclass(frozen=True)
class IncreaseChannels(SingleInputBlock):
    """Convolution that keeps the plate's size and doubles its channels."""

    kernel_size: int
    role = Role.PLATE
    source = _ZIP_CODES

    def _output(self, tensor: Any) -> Any:
        return layers.convolution(tensor, 2 * layers.width(tensor), self.kernel_size, "convolution")


@register_block("DOWNSAMPLE_CONVOLUTION_3X3", kernel_size=3)
@register_block("DOWNSAMPLE_CONVOLUTION_4X4", kernel_size=4)
@register_block("DOWNSAMPLE_CONVOLUTION_5X5", kernel_size=5)
@dataclass(frozen=True)
class DownsampleConvolution(SingleInputBlock):
    """Convolution that halves the plate's size, rounding up, and doubles its channels."""

    kernel_size: int
    role = Role.PLATE
    source = "Springenberg et al., Striving for Simplicity: The All Convolutional Net, ICLR 2015 workshop, section 2"

    @property
    def is_reduction(self) -> bool:
        """See `Block.is_reduction`."""
        return True

    def _output(self, tensor: Any) -> Any:
        return layers.convolution(tensor, 2 * layers.width(tensor), self.kernel_size, "convolution", strides=2)


@register_block("DILATED_CONVOLUTION_2", dilation_rate=2)
@register_block("DILATED_CONVOLUTION_4", dilation_rate=4)
@dataclass(frozen=True)
class DilatedConvolution(SingleInputBlock):
    """3x3 convolution with holes (taps `dilation_rate` apart) that keeps the plate's size and its channels."""

    dilation_rate: int
    role = Role.PLATE
    source = "Yu and Koltun, Multi-Scale Context Aggregation by Dilated Convolutions, ICLR 2016, section 2"

    def _output(self, tensor: Any) -> Any:
        return layers.convolution(tensor, layers.width(tensor), 3, "convolution", dilation_rate=self.dilation_rate)

    def identity_start(self, weights: Mapping[str, Any], nonnegative: bool) -> Mapping[str, Any] | None:
        """See `Block.identity_start`."""
        return identity_starts.passing(weights, "convolution") if nonnegative else None
