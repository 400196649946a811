"""From sequences to vectors: (batch, time, features) to (batch, features), of the valid steps only."""

from collections.abc import Mapping
from typing import Any

from model_search.block import Block, Role, register_block

from . import layers, ops
from .masking import last_step, valid_steps, without_padding

ATTENTION_UNITS = 64


class SummaryBlock(Block):
    """A vector for each sequence of the newest tensor; subclasses define `_summary`."""

    role = Role.SUMMARY

    def build(
        self, input_tensors: list[Any], hparams: Mapping[str, Any] | None = None, lengths: Any | None = None
    ) -> list[Any]:
        """The tensors so far and this block's output, as `Block.build` says."""
        return [*input_tensors, self._summary(without_padding(input_tensors[-1], lengths), lengths)]

    def _summary(self, tensor: Any, lengths: Any | None) -> Any:
        """The output (batch, features) for an input with zeros in its padding."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it puts out")


@register_block("LAST_ACTIVATION")
class LastActivation(SummaryBlock):
    """The last valid step."""

    source = "Sutskever, Vinyals and Le, Sequence to Sequence Learning with Neural Networks, NIPS 2014, section 2"

    def _summary(self, tensor: Any, lengths: Any | None) -> Any:
        return last_step(tensor, lengths)


@register_block("SEQUENCE_MEAN_POOLING")
class SequenceMeanPooling(SummaryBlock):
    """Mean of each feature over the valid steps."""

    source = "Lin, Chen and Yan, Network In Network, ICLR 2014, section 3.2 (global average pooling), over time"

    def _summary(self, tensor: Any, lengths: Any | None) -> Any:
        pool = layers.GlobalAveragePooling1D(data_format="channels_last", name="mean")
        return pool(tensor, mask=valid_steps(tensor, lengths))


@register_block("SEQUENCE_MAX_POOLING")
class SequenceMaxPooling(SummaryBlock):
    """Maximum of each feature over the valid steps."""

    source = "Collobert et al., Natural Language Processing (Almost) from Scratch, JMLR 12, 2011 (max over time)"

    def _summary(self, tensor: Any, lengths: Any | None) -> Any:
        if lengths is not None:
            # The first step is always valid: in the place of padding it leaves every maximum as it is.
            valid = ops.expand_dims(valid_steps(tensor, lengths), 2)
            tensor = ops.where(valid, tensor, tensor[:, :1])
        return layers.GlobalMaxPooling1D(data_format="channels_last", name="max")(tensor)


@register_block("ATTENTION_POOLING")
class AttentionPooling(SummaryBlock):
    """Mean of the valid steps weighted by softmax over time of u . tanh(W x + b), W to 64 units.

    With d features, 64 * (d + 2) parameters.
    """

    source = "Yang et al., Hierarchical Attention Networks for Document Classification, NAACL 2016, section 2.2"

    def _summary(self, tensor: Any, lengths: Any | None) -> Any:
        hidden = layers.dense(tensor, ATTENTION_UNITS, "hidden", activation="tanh", kernel_initializer="glorot_uniform")
        # A bias would add the same to every step's score, which softmax takes away.
        scores = layers.Dense(1, use_bias=False, name="score")(hidden)
        weights = layers.Softmax(axis=1, name="weights")(ops.squeeze(scores, axis=2), mask=valid_steps(tensor, lengths))
        return layers.Dot(axes=1, name="weighted_mean")([weights, tensor])
