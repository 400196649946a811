"""The Keras layers that encode texts; they become part of the exported model."""

from typing import Any

import keras
from keras import layers, ops

from .text_tokens import TextPlan

STANDARDIZE = {"word": "lower_and_strip_punctuation", "character": None}
SPLIT = {"word": "whitespace", "character": "character"}


def encode_texts(plan: TextPlan, raw: Any, name: str) -> Any:
    """Applies a new layer, whose vocabulary is saved in the model's configuration.

    Args:
      plan: of the texts.
      raw: symbolic strings (batch,).
      name: of the layer.

    Returns:
      For sequences `x` int32 (batch, time): 0 padding, 1 unknown tokens, 2 and more the vocabulary; and `lengths` int32
      (batch,): ids that are no padding, at least 1. For bags float32 (batch, 1 + vocabulary): which tokens occur,
      unknown ones first.
    """
    layer = layers.TextVectorization(
        standardize=STANDARDIZE[plan.tokens],
        split=SPLIT[plan.tokens],
        vocabulary=list(plan.vocabulary),
        output_mode="int" if plan.sequence_length else "multi_hot",
        output_sequence_length=plan.sequence_length or None,
        name=name,
    )
    if not plan.sequence_length:
        return ops.cast(layer(raw), "float32")
    ids = ops.cast(layer(raw), "int32")
    lengths = ops.sum(ops.cast(ids > 0, "int32"), axis=1)
    return {"x": ids, "lengths": ops.maximum(lengths, 1)}


class TextEncoder:
    """The encoding of a single text, made once."""

    def __init__(self, plan: TextPlan):
        raw = keras.Input((), dtype="string", name="raw.text")
        self.model = keras.Model(raw, encode_texts(plan, raw, "tokens"), name="encode")

    def __call__(self, raw: Any) -> Any:
        """Encodes strings (batch,); see `encode_texts`."""
        return self.model(raw)
