"""The base of blocks that read the newest tensor of their tower only."""

from collections.abc import Mapping
from typing import Any

from model_search.block import Block


class SingleInputBlock(Block):
    """A function of the newest tensor: subclasses define `_output`."""

    def build(
        self, input_tensors: list[Any], hparams: Mapping[str, Any] | None = None, lengths: Any | None = None
    ) -> list[Any]:
        """The tensors so far and this block's output, as `Block.build` says."""
        return [*input_tensors, self._output(input_tensors[-1])]

    def _output(self, tensor: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not say what it puts out")
