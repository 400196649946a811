"""Dense layers whose kernel is a product of two thin matrices."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from model_search.block import Role, register_block

from . import identity_starts, layers
from .single_input import SingleInputBlock


@register_block("LOWRANK_1", kernel_rank=1)
@register_block("LOWRANK_2", kernel_rank=2)
@register_block("LOWRANK_3", kernel_rank=3)
@register_block("LOWRANK_1_SKIP", kernel_rank=1, skip_connect=True)
@register_block("LOWRANK_2_SKIP", kernel_rank=2, skip_connect=True)
@register_block("LOWRANK_3_SKIP", kernel_rank=3, skip_connect=True)
@dataclass(frozen=True)
class LowRank(SingleInputBlock):
    """relu(x U V + b), U with `kernel_rank` columns, as wide as its input d: d * (2 * kernel_rank + 1) parameters.

    With `skip_connect` the input is added after the ReLU.
    """

    kernel_rank: int
    skip_connect: bool = False
    role = Role.VECTOR
    source = "Sainath et al., Low-rank matrix factorization for deep neural network training, ICASSP 2013, section 3"

    def _output(self, tensor: Any) -> Any:
        # No ReLU follows the first matrix: it keeps the variance with 1 / fan-in, not He's 2 / fan-in.
        inner = layers.dense(
            tensor,
            self.kernel_rank,
            "reduce",
            activation=None,
            use_bias=False,
            kernel_initializer="lecun_normal",
        )
        output = layers.dense(inner, layers.width(tensor), "expand")
        return layers.Add(name="skip_add")([output, tensor]) if self.skip_connect else output

    def identity_start(self, weights: Mapping[str, Any], nonnegative: bool) -> Mapping[str, Any] | None:
        """See `Block.identity_start`."""
        return identity_starts.shrunk(weights, "expand/kernel") if self.skip_connect else None
