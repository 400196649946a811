"""Recurrent layers: a state walks over the steps, and each step puts it out."""

from dataclasses import dataclass
from typing import Any, ClassVar

from model_search.block import register_block

from . import layers
from .masking import reversed_steps
from .sequence import CausalBlock, with_input


@dataclass(frozen=True)
class Recurrent(CausalBlock):
    """(batch, time, features) to (batch, time, output_size): the state of a recurrent layer after each step.

    With `skip` the input is added, projected where its width is another.

    Attributes:
      layer: name of the Keras layer.
    """

    output_size: int
    skip: bool = False
    layer: ClassVar[str]

    def _sequence(self, tensor: Any, lengths: Any | None) -> Any:
        output = self._states(tensor, lengths)
        return with_input(output, tensor) if self.skip else output

    def _states(self, tensor: Any, lengths: Any | None) -> Any:
        return self._walk(tensor, "recurrent")

    def _walk(self, tensor: Any, name: str) -> Any:
        return getattr(layers, self.layer)(self.output_size, return_sequences=True, name=name)(tensor)


@dataclass(frozen=True)
class Bidirectional(Recurrent):
    """(batch, time, features) to (batch, time, 2 * output_size): a walk forward beside one backward.

    The backward walk begins at each sequence's last valid step. Features 0 to output_size - 1 are the state after the
    steps up to this one, the others the state after the steps from the last one back to this one.
    """

    @property
    def is_causal(self) -> bool:
        """Never: the backward walk brings what comes later."""
        return False

    def _states(self, tensor: Any, lengths: Any | None) -> Any:
        # Reversed by hand, the backward walk meets the padding last, and so never, as the forward one. A layer that
        # goes backwards meets it first: Keras then needs a mask, which its fused GPU kernels align otherwise.
        backward = self._walk(reversed_steps(tensor, lengths), "backward")
        both = [self._walk(tensor, "forward"), reversed_steps(backward, lengths)]
        return layers.Concatenate(name="concatenate")(both)


@register_block("RNN_CELL_64", output_size=64)
@register_block("RNN_CELL_128", output_size=128)
@register_block("RNN_CELL_256", output_size=256)
@register_block("RNN_CELL_512", output_size=512)
@register_block("RNN_CELL_1024", output_size=1024)
@register_block("SKIP_RNN_CELL_64", output_size=64, skip=True)
@register_block("SKIP_RNN_CELL_128", output_size=128, skip=True)
@register_block("SKIP_RNN_CELL_256", output_size=256, skip=True)
@register_block("SKIP_RNN_CELL_512", output_size=512, skip=True)
@register_block("SKIP_RNN_CELL_1024", output_size=1024, skip=True)
class RnnCell(Recurrent):
    """Simple recurrent network with tanh; with d features and n = output_size, n * (d + n + 1) parameters."""

    source = "Elman, Finding Structure in Time, Cognitive Science 14, 1990, figure 2"
    layer = "SimpleRNN"


@register_block("LSTM_128", output_size=128)
@register_block("LSTM_256", output_size=256)
@register_block("LSTM_512", output_size=512)
@register_block("LSTM_1024", output_size=1024)
@register_block("SKIP_LSTM_128", output_size=128, skip=True)
@register_block("SKIP_LSTM_256", output_size=256, skip=True)
@register_block("SKIP_LSTM_512", output_size=512, skip=True)
@register_block("SKIP_LSTM_1024", output_size=1024, skip=True)
class Lstm(Recurrent):
    """Long short-term memory; with d features and n = output_size, 4 * n * (d + n + 1) parameters."""

    source = "Hochreiter and Schmidhuber, Long Short-Term Memory, 1997; forget gate: Gers et al. 2000"
    layer = "LSTM"


@register_block("BI_LSTM_128", output_size=128)
@register_block("BI_LSTM_256", output_size=256)
@register_block("BI_LSTM_512", output_size=512)
@register_block("BI_LSTM_1024", output_size=1024)
@register_block("SKIP_BI_LSTM_128", output_size=128, skip=True)
@register_block("SKIP_BI_LSTM_256", output_size=256, skip=True)
@register_block("SKIP_BI_LSTM_512", output_size=512, skip=True)
@register_block("SKIP_BI_LSTM_1024", output_size=1024, skip=True)
class BiLstm(Bidirectional):
    """Two LSTMs, one of them backward: 2 * output_size features, twice an LSTM's parameters."""

    source = "Graves and Schmidhuber, Framewise phoneme classification with bidirectional LSTM, 2005, section 2"
    layer = "LSTM"


@register_block("GRU_128", output_size=128)
@register_block("GRU_256", output_size=256)
@register_block("SKIP_GRU_128", output_size=128, skip=True)
@register_block("SKIP_GRU_256", output_size=256, skip=True)
class Gru(Recurrent):
    """Gated recurrent unit; with d features and n = output_size, 3 * n * (d + n + 2) parameters.

    The reset gate is applied after the recurrent product, which has a bias of its own (cuDNN's form).
    """

    source = "Cho et al., Learning Phrase Representations using RNN Encoder-Decoder, EMNLP 2014, section 2.3"
    layer = "GRU"


@register_block("BI_GRU_128", output_size=128)
@register_block("BI_GRU_256", output_size=256)
@register_block("SKIP_BI_GRU_128", output_size=128, skip=True)
@register_block("SKIP_BI_GRU_256", output_size=256, skip=True)
class BiGru(Bidirectional):
    """Two GRUs, one of them backward: 2 * output_size features, twice a GRU's parameters."""

    source = "Schuster and Paliwal, Bidirectional Recurrent Neural Networks, 1997, figure 3; GRU: Cho et al. 2014"
    layer = "GRU"
