"""Channel attention: plates whose channels are weighed or shifted by what the whole plate holds; the shape is kept."""

from dataclasses import dataclass
from typing import Any

from model_search.block import Role, register_block

from . import layers
from .single_input import SingleInputBlock

MIN_HIDDEN = 4


def hidden_width(channels: int, reduction: int) -> int:
    """Width between the two layers that look at all channels: a `reduction`th of them, rounded down, at least 4."""
    return max(MIN_HIDDEN, channels // reduction)


def excited(tensor: Any, reduction: int, prefix: str = "") -> Any:
    """The plate times a factor between 0 and 1 for each channel, which two dense layers find in the plate's mean."""
    channels = layers.width(tensor)
    mean = layers.GlobalAveragePooling2D(data_format="channels_last", keepdims=True, name=f"{prefix}squeeze")(tensor)
    hidden = layers.dense(mean, hidden_width(channels, reduction), f"{prefix}reduce")
    options = {"activation": "sigmoid", "kernel_initializer": "lecun_normal"}
    gate = layers.dense(hidden, channels, f"{prefix}excite", **options)
    return layers.Multiply(name=f"{prefix}scale")([tensor, gate])


@register_block("SQUEEZE_EXCITE_4", reduction=4)
@register_block("SQUEEZE_EXCITE_16", reduction=16)
@dataclass(frozen=True)
class SqueezeExcite(SingleInputBlock):
    """Weighs each channel by a sigmoid of two dense layers over the plate's mean."""

    reduction: int
    role = Role.PLATE
    source = "Hu, Shen and Sun, Squeeze-and-Excitation Networks, CVPR 2018, figure 1"

    def _output(self, tensor: Any) -> Any:
        return excited(tensor, self.reduction)


@register_block("GLOBAL_CONTEXT_4", reduction=4)
@register_block("GLOBAL_CONTEXT_16", reduction=16)
@dataclass(frozen=True)
class GlobalContext(SingleInputBlock):
    """Adds one vector to every cell: the plate's cells, weighed by a softmax over them, through two dense layers.

    Layer normalization and ReLU stand between the two dense layers.
    """

    reduction: int
    role = Role.PLATE
    source = "Cao et al., GCNet: Non-local Networks Meet Squeeze-Excitation Networks and Beyond, ICCVW 2019, figure 4d"

    def _output(self, tensor: Any) -> Any:
        channels = layers.width(tensor)
        options = {"activation": None, "kernel_initializer": "lecun_normal"}
        hidden = layers.dense(_context(tensor), hidden_width(channels, self.reduction), "reduce", **options)
        hidden = layers.ReLU(name="relu")(layers.LayerNormalization(name="layer_norm")(hidden))
        change = layers.dense(hidden, channels, "expand", activation=None)
        change = layers.Reshape((1, 1, channels), name="everywhere")(change)
        return layers.Add(name="add")([tensor, change])


def _context(tensor: Any) -> Any:
    """(batch, 1, channels): the mean of the plate's cells, weighed by attention; a single cell needs none."""
    cells = layers.Reshape((-1, layers.width(tensor)), name="cells")(tensor)
    if layers.plate_size(tensor) == (1, 1):
        return cells
    # A bias would move all cells' scores alike, which the softmax does not see.
    scores = layers.dense(cells, 1, "scores", activation=None, kernel_initializer="lecun_normal", use_bias=False)
    attention = layers.Softmax(axis=1, name="attention")(scores)
    return layers.Dot(axes=1, name="context")([attention, cells])
