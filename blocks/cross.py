"""Cross layers: vectors times the tower's first vector, for products of features."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from model_search.block import Block, Role, register_block

from . import identity_starts, layers


@register_block("CROSS_LAYER")
@register_block("CROSS_LAYER_LOWRANK_16", kernel_rank=16)
@register_block("CROSS_LAYER_LOWRANK_64", kernel_rank=64)
@dataclass(frozen=True)
class CrossLayer(Block):
    """x0 * (W x + b) + x, of the width d of x, the newest tensor.

    x0 is the tower's first vector where that is as wide as x, else x itself: several of these blocks after each other,
    from the tower's start on, make the products of ever more features.
    W has d * d weights, with `kernel_rank` r it is the product of two matrices of d * r.
    """

    kernel_rank: int | None = None
    role = Role.VECTOR
    source = "Wang et al., DCN V2: Improved Deep & Cross Network, WWW 2021, equations 1 and 2"

    @property
    def is_input_order_important(self) -> bool:
        """The block reads the tower's first vector too."""
        return True

    def build(
        self, input_tensors: list[Any], hparams: Mapping[str, Any] | None = None, lengths: Any | None = None
    ) -> list[Any]:
        """The tensors so far and this block's output, as `Block.build` says."""
        newest = input_tensors[-1]
        linear = {"activation": None, "kernel_initializer": "lecun_normal"}
        inner = newest
        if self.kernel_rank is not None:
            inner = layers.dense(inner, self.kernel_rank, "reduce", use_bias=False, **linear)
        inner = layers.dense(inner, layers.width(newest), "dense", **linear)
        product = layers.Multiply(name="cross")([first_vector(input_tensors), inner])
        return [*input_tensors, layers.Add(name="add")([product, newest])]

    def identity_start(self, weights: Mapping[str, Any], nonnegative: bool) -> Mapping[str, Any] | None:
        """See `Block.identity_start`."""
        return identity_starts.zeroed(weights, "dense/kernel", "dense/bias")


def first_vector(tensors: Sequence[Any]) -> Any:
    """The oldest vector (batch, features) if it is as wide as the newest tensor, which is one; else the newest."""
    oldest = next(tensor for tensor in tensors if len(tensor.shape) == 2)
    return oldest if layers.width(oldest) == layers.width(tensors[-1]) else tensors[-1]
