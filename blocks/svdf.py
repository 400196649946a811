"""SVDF layers: dense layers over the last steps, their weights a sum of rank-1 filters."""

import enum
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from model_search.block import Block, Role, register_block

from . import layers
from .sequence import CausalBlock

if TYPE_CHECKING:  # it imports TensorFlow, without which the library can be listed
    import keras_tuner


class Fashion(enum.StrEnum):
    """How an SVDF layer is thought of, which is not how it is computed: see `Svdf`."""

    CELL = "cell"  # step by step, with a memory of the last steps
    CONV = "conv"  # a convolution over whole sequences


@register_block("SVDF_CELL_64_4_1", output_size=64, memory_size=4, rank=1)
@register_block("SVDF_CELL_128_4_1", output_size=128, memory_size=4, rank=1)
@register_block("SVDF_CELL_256_4_1", output_size=256, memory_size=4, rank=1)
@register_block("SVDF_CELL_512_4_1", output_size=512, memory_size=4, rank=1)
@register_block("SVDF_CELL_1024_4_1", output_size=1024, memory_size=4, rank=1)
@register_block("SVDF_CELL_64_8_1", output_size=64, memory_size=8, rank=1)
@register_block("SVDF_CELL_128_8_1", output_size=128, memory_size=8, rank=1)
@register_block("SVDF_CELL_256_8_1", output_size=256, memory_size=8, rank=1)
@register_block("SVDF_CELL_512_8_1", output_size=512, memory_size=8, rank=1)
@register_block("SVDF_CELL_1024_8_1", output_size=1024, memory_size=8, rank=1)
@register_block("SVDF_CELL_64_16_1", output_size=64, memory_size=16, rank=1)
@register_block("SVDF_CELL_128_16_1", output_size=128, memory_size=16, rank=1)
@register_block("SVDF_CELL_256_16_1", output_size=256, memory_size=16, rank=1)
@register_block("SVDF_CELL_512_16_1", output_size=512, memory_size=16, rank=1)
@register_block("SVDF_CELL_1024_16_1", output_size=1024, memory_size=16, rank=1)
@register_block("SVDF_CELL_32_32_1", output_size=32, memory_size=32, rank=1)
@register_block("SVDF_CELL_576_8_1_64", output_size=576, memory_size=8, rank=1, projection_size=64)
@register_block("SVDF_CELL_576_8_1_16", output_size=576, memory_size=8, rank=1, projection_size=16)
@register_block("SVDF_CELL_576_8_1_7", output_size=576, memory_size=8, rank=1, projection_size=7)
@register_block("SVDF_CELL_32_32_1_2", output_size=32, memory_size=32, rank=1, projection_size=2)
@register_block("SVDF_CONV_576_8_1_64", output_size=576, memory_size=8, rank=1, projection_size=64, fashion="conv")
@register_block("SVDF_CONV_576_8_1_16", output_size=576, memory_size=8, rank=1, projection_size=16, fashion="conv")
@register_block("SVDF_CONV_576_8_1_7", output_size=576, memory_size=8, rank=1, projection_size=7, fashion="conv")
@register_block("SVDF_CONV_32_32_1", output_size=32, memory_size=32, rank=1, fashion="conv")
@register_block("SVDF_CONV_32_32_1_2", output_size=32, memory_size=32, rank=1, projection_size=2, fashion="conv")
@register_block("SVDF_CONV_64_4_1_64", output_size=64, memory_size=4, rank=1, projection_size=64, fashion="conv")
@register_block("SVDF_CONV_128_4_1_64", output_size=128, memory_size=4, rank=1, projection_size=64, fashion="conv")
@register_block("SVDF_CONV_256_4_1_64", output_size=256, memory_size=4, rank=1, projection_size=64, fashion="conv")
@register_block("SVDF_CONV_512_4_1_64", output_size=512, memory_size=4, rank=1, projection_size=64, fashion="conv")
@register_block("SVDF_CONV_1024_4_1_64", output_size=1024, memory_size=4, rank=1, projection_size=64, fashion="conv")
@register_block("SVDF_CONV_64_8_1_64", output_size=64, memory_size=8, rank=1, projection_size=64, fashion="conv")
@register_block("SVDF_CONV_128_8_1_64", output_size=128, memory_size=8, rank=1, projection_size=64, fashion="conv")
@register_block("SVDF_CONV_256_8_1_64", output_size=256, memory_size=8, rank=1, projection_size=64, fashion="conv")
@register_block("SVDF_CONV_512_8_1_64", output_size=512, memory_size=8, rank=1, projection_size=64, fashion="conv")
@register_block("SVDF_CONV_1024_8_1_64", output_size=1024, memory_size=8, rank=1, projection_size=64, fashion="conv")
@register_block("SVDF_CONV_64_16_1_64", output_size=64, memory_size=16, rank=1, projection_size=64, fashion="conv")
@register_block("SVDF_CONV_128_16_1_64", output_size=128, memory_size=16, rank=1, projection_size=64, fashion="conv")
@register_block("SVDF_CONV_256_16_1_64", output_size=256, memory_size=16, rank=1, projection_size=64, fashion="conv")
@register_block("SVDF_CONV_512_16_1_64", output_size=512, memory_size=16, rank=1, projection_size=64, fashion="conv")
@register_block("SVDF_CONV_1024_16_1_64", output_size=1024, memory_size=16, rank=1, projection_size=64, fashion="conv")
@dataclass(frozen=True)
class Svdf(CausalBlock):
    """(batch, time, features) to (batch, time, output_size), or `projection_size` features where that is not 0.

    At step t, unit u is relu(b_u + sum over r, k of w_rku * (x_{t-k} . v_ru)): `rank` feature filters v_ru for each
    unit, without bias; their outputs at this and the `memory_size` - 1 steps before it, zero before the first, weighted
    by time filters w_ru; one bias. With d features, output_size * (rank * (d + memory_size) + 1) parameters. The
    projection is a linear dense layer.

    The cell is the streaming form: its memory holds the last `memory_size` outputs of each feature filter, and each
    step drops the oldest, takes in the newest and weighs them all. So the memory at a step is a window of the filtered
    sequence, and the outputs at all steps are a depthwise convolution of it, behind the zeros of the empty memory.
    Sequences are whole here, in training and in serving: both fashions are computed as that convolution, with the same
    weights to the same numbers. Writing the memory out for all steps, or adding up shifted sequences, gives the same
    too and took 8 to 21 times as long for a gradient step (32 to 1024 units, memories of 8 to 32, on 2 cores).

    Raises:
      ValueError: `fashion` is no `Fashion`.
    """

    output_size: int
    memory_size: int
    rank: int
    projection_size: int = 0
    fashion: str = "cell"
    source = "Nakkiran et al., Compressing Deep Neural Networks using a Rank-Constrained Topology, Interspeech 2015"

    def __post_init__(self) -> None:
        Fashion(self.fashion)

    def _sequence(self, tensor: Any, lengths: Any | None) -> Any:
        ranks = [self._rank_one(tensor, place) for place in range(self.rank)]
        total = layers.Add(name="add")(ranks) if self.rank > 1 else ranks[0]
        output = layers.ReLU(name="relu")(total)
        if not self.projection_size:
            return output
        return layers.dense(
            output, self.projection_size, "projection", activation=None, kernel_initializer="lecun_normal"
        )

    def _rank_one(self, tensor: Any, place: int) -> Any:
        """Every unit's feature filter of one rank, and its time filter on that."""
        filtered = layers.dense(
            tensor,
            self.output_size,
            f"feature_filter_{place}",
            activation=None,
            use_bias=False,
            kernel_initializer="lecun_normal",
        )
        remembered = layers.ZeroPadding1D((self.memory_size - 1, 0), name=f"empty_memory_{place}")(filtered)
        # He's rule by hand: Keras counts all channels as a depthwise kernel's inputs, where each unit has but its own.
        deviation = math.sqrt(2.0 / (self.rank * self.memory_size))
        return layers.DepthwiseConv1D(
            self.memory_size,
            use_bias=place == 0,  # one bias for the sum of all ranks
            depthwise_initializer={"class_name": "RandomNormal", "config": {"stddev": deviation}},
            data_format="channels_last",
            name=f"time_filter_{place}",
        )(remembered)


@register_block("TUNABLE_SVDF")
class TunableSvdf(Block):
    """An SVDF layer whose sizes are hyperparameters of the trial.

    `output_size` 50 to 100, `memory_size` 4 to 32, `rank` 1 to 3, `projection_size` 0 (none) to 128, as in `Svdf`.
    """

    role = Role.SEQUENCE
    source = Svdf.source

    @property
    def is_causal(self) -> bool:
        """Always."""
        return True

    def build(
        self, input_tensors: list[Any], hparams: Mapping[str, Any] | None = None, lengths: Any | None = None
    ) -> list[Any]:
        """The tensors so far and this block's output, as `Block.build` says."""
        return Svdf(fashion="conv", **(hparams or {})).build(input_tensors, lengths=lengths)

    def requires_hparams(self) -> "keras_tuner.HyperParameters":
        """The sizes; those of the first trial are in the middle, without a projection."""
        import keras_tuner

        space = keras_tuner.HyperParameters()
        space.Int("output_size", 50, 100, default=64)
        space.Int("memory_size", 4, 32, default=8)
        space.Int("rank", 1, 3, default=1)
        space.Int("projection_size", 0, 128, default=0)
        return space
