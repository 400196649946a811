"""Dense layers: (batch, features) to another vector, with ReLU."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from model_search.block import Role, register_block

from . import identity_starts, layers
from .single_input import SingleInputBlock

_DENSE = (
    "Rumelhart, Hinton and Williams, Learning Representations by Back-propagating Errors, Nature 323, 1986;"
    " ReLU: Nair and Hinton, ICML 2010"
)

MIN_WIDTH, MAX_WIDTH = 2, 100


def clamp(units: int) -> int:
    """The nearest width that a dense block may choose."""
    return max(MIN_WIDTH, min(MAX_WIDTH, units))


class ResidualConnectionType(enum.StrEnum):
    """How the input of a dense block joins its output."""

    NONE = "NONE"
    FORCE_MATCH_SHAPES = "FORCE_MATCH_SHAPES"  # the input, cut or padded with zeros at its end, is added
    CONCAT = "CONCAT"  # the input stands after the output
    PROJECT = "PROJECT"  # a linear projection of the input is added


def cut_or_pad(tensor: Any, units: int) -> Any:
    """The first `units` features, zeros where there are fewer."""
    features = layers.width(tensor)
    if features == units:
        return tensor
    tensor = layers.Reshape((features, 1), name="residual_expand")(tensor)
    if features > units:
        tensor = layers.Cropping1D((0, features - units), name="residual_cut")(tensor)
    else:
        tensor = layers.ZeroPadding1D((0, units - features), name="residual_pad")(tensor)
    return layers.Reshape((units,), name="residual_squeeze")(tensor)


@register_block("FULLY_CONNECTED")
@register_block("FULLY_CONNECTED_RESIDUAL_FORCE_MATCH_SHAPES", residual_connection_type="FORCE_MATCH_SHAPES")
@register_block(
    "FULLY_CONNECTED_RESIDUAL_FORCE_MATCH_SHAPES_BATCHNORM",
    residual_connection_type="FORCE_MATCH_SHAPES",
    apply_batch_norm=True,
)
@register_block("FULLY_CONNECTED_RESIDUAL_CONCAT", residual_connection_type="CONCAT")
@register_block("FULLY_CONNECTED_RESIDUAL_CONCAT_BATCHNORM", residual_connection_type="CONCAT", apply_batch_norm=True)
@register_block("FULLY_CONNECTED_RESIDUAL_PROJECT", residual_connection_type="PROJECT")
@register_block("FULLY_CONNECTED_RESIDUAL_PROJECT_BATCHNORM", residual_connection_type="PROJECT", apply_batch_norm=True)
@dataclass(frozen=True)
class FullyConnected(SingleInputBlock):
    """Dense layer as wide as its input, within 2 to 100; the input joins after the ReLU.

    The output has that width, and the input's besides where it is concatenated.

    Raises:
      ValueError: `residual_connection_type` is no `ResidualConnectionType`.
    """

    residual_connection_type: str = "NONE"
    apply_batch_norm: bool = False
    role = Role.VECTOR
    source = _DENSE

    def __post_init__(self) -> None:
        ResidualConnectionType(self.residual_connection_type)

    def _output(self, tensor: Any) -> Any:
        units = clamp(layers.width(tensor))
        if self.apply_batch_norm:
            output = layers.dense(tensor, units, "dense", activation=None, use_bias=False)
            output = layers.batch_norm_relu(output)
        else:
            output = layers.dense(tensor, units, "dense")
        return self._joined(tensor, output, units)

    def _joined(self, tensor: Any, output: Any, units: int) -> Any:
        match ResidualConnectionType(self.residual_connection_type):
            case ResidualConnectionType.FORCE_MATCH_SHAPES:
                return layers.Add(name="residual_add")([output, cut_or_pad(tensor, units)])
            case ResidualConnectionType.PROJECT:
                shortcut = layers.dense(
                    tensor,
                    units,
                    "residual_projection",
                    activation=None,
                    use_bias=False,
                    kernel_initializer="lecun_normal",
                )
                return layers.Add(name="residual_add")([output, shortcut])
            case ResidualConnectionType.CONCAT:
                return layers.Concatenate(name="residual_concatenate")([output, tensor])
            case ResidualConnectionType.NONE:
                return output

    def identity_start(self, weights: Mapping[str, Any], nonnegative: bool) -> Mapping[str, Any] | None:
        """See `Block.identity_start`.

        Not with batch normalization, which changes what it gets in training, and not where the input is concatenated or
        projected.
        """
        if self.apply_batch_norm:
            return None
        match ResidualConnectionType(self.residual_connection_type):
            case ResidualConnectionType.NONE:
                return identity_starts.passing(weights, "dense") if nonnegative else None
            case ResidualConnectionType.FORCE_MATCH_SHAPES:
                inputs, outputs = weights["dense/kernel"].shape
                return identity_starts.shrunk(weights, "dense/kernel") if inputs == outputs else None
        return None


@register_block("FULLY_CONNECTED_PYRAMID")
class FullyConnectedPyramid(SingleInputBlock):
    """Dense layer half as wide as its input, rounded down, within 2 to 100."""

    role = Role.VECTOR
    source = _DENSE

    def _output(self, tensor: Any) -> Any:
        return layers.dense(tensor, clamp(layers.width(tensor) // 2), "dense")


@register_block("FIXED_OUTPUT_FULLY_CONNECTED_64", output_size=64)
@register_block("FIXED_OUTPUT_FULLY_CONNECTED_128", output_size=128)
@register_block("FIXED_OUTPUT_FULLY_CONNECTED_256", output_size=256)
@register_block("FIXED_OUTPUT_FULLY_CONNECTED_512", output_size=512)
@register_block("FIXED_OUTPUT_FULLY_CONNECTED_1024", output_size=1024)
@dataclass(frozen=True)
class FixedOutputFullyConnected(SingleInputBlock):
    """Dense layer of a fixed width."""

    output_size: int
    role = Role.VECTOR
    source = _DENSE

    def _output(self, tensor: Any) -> Any:
        return layers.dense(tensor, self.output_size, "dense")

    def identity_start(self, weights: Mapping[str, Any], nonnegative: bool) -> Mapping[str, Any] | None:
        """See `Block.identity_start`."""
        return identity_starts.passing(weights, "dense") if nonnegative else None
