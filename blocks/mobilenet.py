"""Inverted residuals: plates through a wider layer of depthwise convolutions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from model_search.block import Role, register_block

from . import identity_starts, layers
from .single_input import SingleInputBlock
from .squeeze_excite import excited

SQUEEZE_REDUCTION = 4


@register_block("INVERTED_RESIDUAL_3X3_3", expansion=3)
@register_block("INVERTED_RESIDUAL_3X3_6", expansion=6)
@register_block("INVERTED_RESIDUAL_SQUEEZE_EXCITE_3X3_3", expansion=3, squeeze_excite=True)
@register_block("INVERTED_RESIDUAL_SQUEEZE_EXCITE_3X3_6", expansion=6, squeeze_excite=True)
@register_block("DOWNSAMPLE_INVERTED_RESIDUAL_3X3_3", expansion=3, downsample=True)
@register_block("DOWNSAMPLE_INVERTED_RESIDUAL_3X3_6", expansion=6, downsample=True)
@dataclass(frozen=True)
class InvertedResidual(SingleInputBlock):
    """1x1 convolution to `expansion` times the channels, 3x3 depthwise, 1x1 back and linear; the input is added.

    Batch normalization follows every convolution, and a ReLU up to 6 the first two. With `squeeze_excite` the middle
    channels are weighed by a fourth of them (Howard et al.). With `downsample` the plate's size is
    halved, rounding up, its channels are doubled, and nothing is added.
    """

    expansion: int
    squeeze_excite: bool = False
    downsample: bool = False
    role = Role.PLATE
    source = (
        "Sandler et al., MobileNetV2: Inverted Residuals and Linear Bottlenecks, CVPR 2018, table 1;"
        " squeeze-and-excite: Howard et al., Searching for MobileNetV3, ICCV 2019, section 5.3"
    )

    @property
    def is_reduction(self) -> bool:
        """See `Block.is_reduction`."""
        return self.downsample

    def _output(self, tensor: Any) -> Any:
        channels = layers.width(tensor)
        linear = {"activation": None, "use_bias": False}
        inner = layers.convolution(tensor, self.expansion * channels, 1, "expand", **linear)
        inner = _norm_relu6(inner, "expand")
        inner = layers.depthwise_convolution(inner, 3, "depthwise", strides=2 if self.downsample else 1)
        inner = _norm_relu6(inner, "depthwise")
        if self.squeeze_excite:
            inner = excited(inner, SQUEEZE_REDUCTION, "gate_")
        filters = 2 * channels if self.downsample else channels
        output = layers.convolution(inner, filters, 1, "project", kernel_initializer="lecun_normal", **linear)
        output = layers.batch_norm(output, "project_batch_norm")
        return output if self.downsample else layers.Add(name="add")([tensor, output])

    def identity_start(self, weights: Mapping[str, Any], nonnegative: bool) -> Mapping[str, Any] | None:
        """See `Block.identity_start`."""
        return None if self.downsample else identity_starts.zeroed(weights, "project_batch_norm/gamma")


def _norm_relu6(tensor: Any, prefix: str) -> Any:
    tensor = layers.batch_norm(tensor, f"{prefix}_batch_norm")
    return layers.ReLU(max_value=6.0, name=f"{prefix}_relu6")(tensor)
