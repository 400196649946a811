"""Convolutions over time: (batch, time, features) to (batch, time, channels)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from model_search.block import register_block

from . import identity_starts, layers
from .sequence import CausalBlock, SequenceBlock, projected, with_input

TCN_KERNEL_SIZE = 3


@register_block("RECURRENT_DENSE_64", output_size=64)
@register_block("RECURRENT_DENSE_128", output_size=128)
@register_block("RECURRENT_DENSE_256", output_size=256)
@register_block("RECURRENT_DENSE_512", output_size=512)
@register_block("RECURRENT_DENSE_1024", output_size=1024)
@dataclass(frozen=True)
class RecurrentDense(CausalBlock):
    """The same linear dense layer at each step (a convolution of kernel size 1), to `output_size` features."""

    output_size: int
    source = "Lin, Chen and Yan, Network In Network, ICLR 2014, section 3.1 (convolutions of size 1)"

    def _sequence(self, tensor: Any, lengths: Any | None) -> Any:
        return layers.dense(tensor, self.output_size, "dense", activation=None, kernel_initializer="lecun_normal")

    def identity_start(self, weights: Mapping[str, Any], nonnegative: bool) -> Mapping[str, Any] | None:
        """See `Block.identity_start`."""
        return identity_starts.passing(weights, "dense")


@register_block("CONV1D_128_3", output_size=128, kernel_size=3)
@register_block("CONV1D_128_5", output_size=128, kernel_size=5)
@register_block("SKIP_CONV1D_128_3", output_size=128, kernel_size=3, skip=True)
@register_block("SKIP_CONV1D_128_5", output_size=128, kernel_size=5, skip=True)
@dataclass(frozen=True)
class Conv1d(SequenceBlock):
    """Convolution over `kernel_size` steps around each one, to `output_size` channels, ReLU.

    Zeros stand before the first step and after the last valid one. With `skip` the input is added after the ReLU,
    projected where its width is another.
    """

    output_size: int
    kernel_size: int
    skip: bool = False
    source = "Waibel et al., Phoneme Recognition Using Time-Delay Neural Networks, IEEE Transactions on ASSP 37, 1989"

    def _sequence(self, tensor: Any, lengths: Any | None) -> Any:
        output = layers.Conv1D(
            self.output_size,
            self.kernel_size,
            padding="same",
            activation="relu",
            kernel_initializer="he_normal",
            data_format="channels_last",
            name="convolution",
        )(tensor)
        return with_input(output, tensor) if self.skip else output

    def identity_start(self, weights: Mapping[str, Any], nonnegative: bool) -> Mapping[str, Any] | None:
        """See `Block.identity_start`."""
        if not self.skip:
            return identity_starts.passing(weights, "convolution") if nonnegative else None
        return None if "skip_projection/kernel" in weights else identity_starts.shrunk(weights, "convolution/kernel")


@register_block("TEMPORAL_CONVOLUTION_64_1", channels=64, dilation=1)
@register_block("TEMPORAL_CONVOLUTION_64_2", channels=64, dilation=2)
@register_block("TEMPORAL_CONVOLUTION_64_4", channels=64, dilation=4)
@register_block("TEMPORAL_CONVOLUTION_64_8", channels=64, dilation=8)
@register_block("TEMPORAL_CONVOLUTION_128_1", channels=128, dilation=1)
@register_block("TEMPORAL_CONVOLUTION_128_2", channels=128, dilation=2)
@register_block("TEMPORAL_CONVOLUTION_128_4", channels=128, dilation=4)
@register_block("TEMPORAL_CONVOLUTION_128_8", channels=128, dilation=8)
@dataclass(frozen=True)
class TemporalConvolution(CausalBlock):
    """Residual block of a temporal convolutional network: relu(x + two causal dilated convolutions of x).

    Each convolution has 3 taps, `dilation` steps apart, to `channels` channels, then layer normalization over the
    channels of each step (in place of the paper's weight normalization, for which Keras has no layer) and ReLU; no
    dropout. The input is projected where its width is another. A step sees itself and 4 * dilation steps before it.
    """

    channels: int
    dilation: int
    source = (
        "Bai, Kolter and Koltun, An Empirical Evaluation of Generic Convolutional and Recurrent Networks, 2018, 3.3"
    )

    def _sequence(self, tensor: Any, lengths: Any | None) -> Any:
        residual = self._convolution(self._convolution(tensor, 1), 2)
        shortcut = projected(tensor, self.channels, "residual_projection")
        return layers.ReLU(name="relu")(layers.Add(name="residual_add")([residual, shortcut]))

    def identity_start(self, weights: Mapping[str, Any], nonnegative: bool) -> Mapping[str, Any] | None:
        """See `Block.identity_start`."""
        if "residual_projection/kernel" in weights or not nonnegative:
            return None
        return identity_starts.shrunk(weights, "layer_norm_1/gamma")

    def _convolution(self, tensor: Any, place: int) -> Any:
        tensor = layers.Conv1D(
            self.channels,
            TCN_KERNEL_SIZE,
            padding="causal",
            dilation_rate=self.dilation,
            use_bias=False,
            kernel_initializer="he_normal",
            data_format="channels_last",
            name=f"convolution_{place}",
        )(tensor)
        tensor = layers.LayerNormalization(name=f"layer_norm_{place}")(tensor)
        return layers.ReLU(name=f"relu_{place}")(tensor)
