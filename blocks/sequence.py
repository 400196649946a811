"""The base of blocks over sequences: (batch, time, features) to (batch, time, other features)."""

from collections.abc import Mapping
from typing import Any

from model_search.block import Block, Role

from . import layers
from .masking import without_padding


class SequenceBlock(Block):
    """A function of the newest tensor, a sequence; subclasses define `_sequence`.

    Padding reaches no block: it is zeroed before, and zero in the output.
    """

    role = Role.SEQUENCE

    def build(
        self, input_tensors: list[Any], hparams: Mapping[str, Any] | None = None, lengths: Any | None = None
    ) -> list[Any]:
        """The tensors so far and this block's output, as `Block.build` says."""
        output = self._sequence(without_padding(input_tensors[-1], lengths), lengths)
        return [*input_tensors, without_padding(output, lengths)]

    def _sequence(self, tensor: Any, lengths: Any | None) -> Any:
        """The output (batch, time, features) for an input with zeros in its padding.

        What stands in the output's padding does not matter. A block whose valid steps never see later ones needs no
        `lengths`: padding comes last.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say what it puts out")


class CausalBlock(SequenceBlock):
    """A sequence block whose steps never see later ones."""

    @property
    def is_causal(self) -> bool:
        """Always."""
        return True


def projected(tensor: Any, width: int, name: str) -> Any:
    """The tensor, through a linear dense layer where it is not `width` features wide."""
    if layers.width(tensor) == width:
        return tensor
    return layers.dense(tensor, width, name, activation=None, kernel_initializer="lecun_normal")


def with_input(output: Any, tensor: Any) -> Any:
    """The output and the block's input added, the input projected where their widths differ."""
    shortcut = projected(tensor, layers.width(output), "skip_projection")
    return layers.Add(name="skip_add")([output, shortcut])
