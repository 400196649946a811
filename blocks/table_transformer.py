"""The transformer over a table's features."""

from dataclasses import dataclass
from typing import Any

from model_search.block import Role, register_block

from . import layers
from .single_input import SingleInputBlock

# Attention compares all pairs of tokens; this bounds its memory to 64 * 64 values for each head and example.
MAX_TOKENS = 64


def tokenized(tensor: Any, size: int) -> Any:
    """(batch, features) to (batch, features, size): each feature times a learned vector, plus another.

    More than `MAX_TOKENS` features are first projected, linearly, to that many.
    """
    if layers.width(tensor) > MAX_TOKENS:
        linear = {"activation": None, "use_bias": False, "kernel_initializer": "lecun_normal"}
        tensor = layers.dense(tensor, MAX_TOKENS, "projection", **linear)
    uniform = {"class_name": "RandomUniform", "config": {"minval": -(size**-0.5), "maxval": size**-0.5}}
    options = {"bias_axes": "fd", "kernel_initializer": uniform, "bias_initializer": uniform}
    shape = (layers.width(tensor), size)
    return layers.EinsumDense("bf,fd->bfd", output_shape=shape, name="tokens", **options)(tensor)


@register_block("FEATURE_TRANSFORMER_32_4", token_size=32, heads=4)
@register_block("FEATURE_TRANSFORMER_64_8", token_size=64, heads=8)
@dataclass(frozen=True)
class FeatureTransformer(SingleInputBlock):
    """Tokens of the features, one pre-normalized transformer layer over them, and the mean over tokens.

    (batch, features) to (batch, token_size). The first normalization is left out, as in the paper; the mean stands in
    for the paper's [CLS] token, layer normalization and ReLU follow it.
    """

    token_size: int
    heads: int
    role = Role.VECTOR
    source = "Gorishniy et al., Revisiting Deep Learning Models for Tabular Data, NeurIPS 2021, section 3.3"

    def _output(self, tensor: Any) -> Any:
        tokens = tokenized(tensor, self.token_size)
        attention = layers.MultiHeadAttention(self.heads, self.token_size // self.heads, name="attention")
        tokens = layers.Add(name="attention_add")([tokens, attention(tokens, tokens)])
        inner = layers.LayerNormalization(name="feed_forward_norm")(tokens)
        inner = layers.dense(inner, 2 * self.token_size, "feed_forward_expand")
        options = {"activation": None, "kernel_initializer": "lecun_normal"}
        inner = layers.dense(inner, self.token_size, "feed_forward_project", **options)
        tokens = layers.Add(name="feed_forward_add")([tokens, inner])
        mean = layers.GlobalAveragePooling1D(name="mean")(tokens)
        return layers.ReLU(name="relu")(layers.LayerNormalization(name="layer_norm")(mean))
