"""The residual block of tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from model_search.block import Role, register_block

from . import identity_starts, layers
from .single_input import SingleInputBlock


@register_block("TABLE_RESNET_128", hidden_size=128)
@register_block("TABLE_RESNET_256", hidden_size=256)
@dataclass(frozen=True)
class TableResnet(SingleInputBlock):
    """x + dense (ReLU (dense to `hidden_size` (batch normalization x))); keeps the vector's width.

    Dropout is the trial's affair, between blocks.
    """

    hidden_size: int
    role = Role.VECTOR
    source = "Gorishniy et al., Revisiting Deep Learning Models for Tabular Data, NeurIPS 2021, section 3.2"

    def _output(self, tensor: Any) -> Any:
        inner = layers.dense(layers.batch_norm(tensor), self.hidden_size, "expand")
        inner = layers.dense(inner, layers.width(tensor), "project", activation=None, kernel_initializer="lecun_normal")
        return layers.Add(name="add")([tensor, inner])

    def identity_start(self, weights: Mapping[str, Any], nonnegative: bool) -> Mapping[str, Any] | None:
        """See `Block.identity_start`."""
        return identity_starts.zeroed(weights, "project/kernel", "project/bias")
