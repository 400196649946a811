"""Gated layers: vectors times a sigmoid of themselves."""

from dataclasses import dataclass
from typing import Any

from model_search.block import Role, register_block

from . import layers
from .single_input import SingleInputBlock


def gated_linear_unit(tensor: Any, units: int) -> Any:
    """(x W + b) * sigmoid(x V + c): `units` features, 2 * (inputs + 1) * units parameters."""
    value = layers.dense(tensor, units, "value", activation=None, kernel_initializer="lecun_normal")
    gate = layers.dense(tensor, units, "gate", activation="sigmoid", kernel_initializer="lecun_normal")
    return layers.Multiply(name="gated")([value, gate])


@register_block("GATED_LINEAR_UNIT_64", output_size=64)
@register_block("GATED_LINEAR_UNIT_128", output_size=128)
@register_block("GATED_LINEAR_UNIT_256", output_size=256)
@dataclass(frozen=True)
class GatedLinearUnit(SingleInputBlock):
    """Dense layer of a fixed width times the sigmoid of another."""

    output_size: int
    role = Role.VECTOR
    source = "Dauphin et al., Language Modeling with Gated Convolutional Networks, ICML 2017, section 2"

    def _output(self, tensor: Any) -> Any:
        return gated_linear_unit(tensor, self.output_size)


@register_block("GATED_RESIDUAL_NETWORK_64", output_size=64)
@register_block("GATED_RESIDUAL_NETWORK_128", output_size=128)
@dataclass(frozen=True)
class GatedResidualNetwork(SingleInputBlock):
    """Layer normalization of x + gated linear unit (dense (ELU (dense x))), of a fixed width.

    x is projected linearly, without bias, where it has another width.
    """

    output_size: int
    role = Role.VECTOR
    source = "Lim et al., Temporal Fusion Transformers, International Journal of Forecasting 37, 2021, section 4.1"

    def _output(self, tensor: Any) -> Any:
        linear = {"activation": None, "kernel_initializer": "lecun_normal"}
        inner = layers.dense(tensor, self.output_size, "first", activation="elu")
        inner = gated_linear_unit(layers.dense(inner, self.output_size, "second", **linear), self.output_size)
        if layers.width(tensor) != self.output_size:
            tensor = layers.dense(tensor, self.output_size, "projection", use_bias=False, **linear)
        return layers.LayerNormalization(name="layer_norm")(layers.Add(name="add")([tensor, inner]))
