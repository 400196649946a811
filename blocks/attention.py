"""Self-attention: each step looks at the others."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from model_search.block import Block, Role, register_block

from . import layers, ops
from .masking import step_numbers, valid_steps
from .sequence import SequenceBlock, projected

if TYPE_CHECKING:  # it imports TensorFlow, without which the library can be listed
    import keras_tuner

LONGEST_WAVE = 10_000.0


def positions(tensor: Any) -> Any:
    """Sinusoidal positions (1, time, features) of the steps, for a sequence of an even number of features.

    Feature i is sin(t / 10000^(i / h)) and feature h + i its cosine, h being half of the features, computed in float32
    (Vaswani et al. 2017, section 3.5, where sines and cosines take turns).
    """
    half = layers.width(tensor) // 2
    frequencies = LONGEST_WAVE ** -(np.arange(half, dtype="float32") / half)
    numbers = ops.cast(ops.expand_dims(step_numbers(tensor[:1, :, :]), 2), "float32")
    angles = numbers * frequencies
    return ops.cast(ops.concatenate([ops.sin(angles), ops.cos(angles)], axis=2), tensor.dtype)


@register_block("SELF_ATTENTION_64_4", width=64, heads=4)
@register_block("SELF_ATTENTION_128_4", width=128, heads=4)
@register_block("SELF_ATTENTION_64_4_CAUSAL", width=64, heads=4, causal=True)
@register_block("SELF_ATTENTION_128_4_CAUSAL", width=128, heads=4, causal=True)
@dataclass(frozen=True)
class SelfAttention(SequenceBlock):
    """Pre-norm encoder block of a Transformer: (batch, time, features) to (batch, time, width).

    y = x + attention(norm(x)), output = y + feed_forward(norm(y)): multi-head attention with width / heads features for
    each head, then dense layers to feed_forward_factor * width with ReLU and back; x is projected where its width is
    another. No step looks at padding, with `causal` none at later steps. The norms are of each step's features.

    Sinusoidal positions are added to queries and keys, and not to x as in the paper: towers stack these blocks
    in any order with others, and what each one added to x would pile up. They need no weights, and so hold for more
    steps than were seen in training, which a learned bias for each distance would not.
    """

    width: int
    heads: int
    causal: bool = False
    feed_forward_factor: int = 4
    source = "Vaswani et al., Attention Is All You Need, 2017, 3.1; pre-norm: Xiong et al. 2020, figure 1b"

    @property
    def is_causal(self) -> bool:
        """As asked for."""
        return self.causal

    def _sequence(self, tensor: Any, lengths: Any | None) -> Any:
        tensor = projected(tensor, self.width, "input_projection")
        tensor = layers.Add(name="attention_add")([tensor, self._attention(tensor, lengths)])
        inner = layers.LayerNormalization(name="feed_forward_norm")(tensor)
        inner = layers.dense(inner, self.feed_forward_factor * self.width, "feed_forward_expand")
        inner = layers.dense(
            inner, self.width, "feed_forward_reduce", activation=None, kernel_initializer="lecun_normal"
        )
        return layers.Add(name="feed_forward_add")([tensor, inner])

    def _attention(self, tensor: Any, lengths: Any | None) -> Any:
        values = layers.LayerNormalization(name="attention_norm")(tensor)
        placed = values + positions(values)
        # Padding comes last: a causal step does not see it anyway.
        keys = None if self.causal else valid_steps(tensor, lengths)
        attention = layers.MultiHeadAttention(self.heads, self.width // self.heads, name="attention")
        return attention(
            placed,
            values,
            key=placed,
            attention_mask=None if keys is None else ops.expand_dims(keys, 1),
            use_causal_mask=self.causal,
        )


@register_block("TUNABLE_ATTENTION", causal=False)
@register_block("TUNABLE_ATTENTION_CAUSAL", causal=True)
@dataclass(frozen=True)
class TunableAttention(Block):
    """A `SelfAttention` block whose sizes are hyperparameters of the trial.

    `heads` 1, 2, 4 or 8, `width` 32, 64, 128 or 256, `feed_forward_factor` 1, 2 or 4.
    """

    causal: bool
    role = Role.SEQUENCE
    source = SelfAttention.source

    @property
    def is_causal(self) -> bool:
        """As asked for."""
        return self.causal

    def build(
        self, input_tensors: list[Any], hparams: Mapping[str, Any] | None = None, lengths: Any | None = None
    ) -> list[Any]:
        """The tensors so far and this block's output, as `Block.build` says."""
        return SelfAttention(causal=self.causal, **(hparams or {})).build(input_tensors, lengths=lengths)

    def requires_hparams(self) -> "keras_tuner.HyperParameters":
        """The sizes; those of the first trial are `SELF_ATTENTION_64_4`'s."""
        import keras_tuner

        space = keras_tuner.HyperParameters()
        space.Choice("heads", [1, 2, 4, 8], default=4)
        space.Choice("width", [32, 64, 128, 256], default=64)
        space.Choice("feed_forward_factor", [1, 2, 4], default=4)
        return space
