"""Convolutions and dense layers with batch normalization or with an activation other than ReLU."""

from dataclasses import dataclass
from typing import Any

from model_search.block import Role, register_block

from . import layers
from .dense import clamp
from .single_input import SingleInputBlock

# The slope for negative values that rectifiers start from: He et al. 2015, section 2.1 (PReLU), and Maas et al. 2013.
PRELU_SLOPE = 0.25
LEAKY_SLOPE = 0.01


def activated(tensor: Any, activation: str, name: str = "activation") -> Any:
    """A plate or a vector through an activation.

    Args:
      tensor: (batch, height, width, channels) or (batch, features).
      activation: "leaky_relu"; "prelu", whose slope is learned for each channel or feature; or a Keras activation's
        name.
      name: of the layer, unique within the block.
    """
    if activation == "leaky_relu":
        return layers.LeakyReLU(LEAKY_SLOPE, name=name)(tensor)
    if activation == "prelu":
        cells = list(range(1, len(tensor.shape) - 1)) or None
        slope = {"class_name": "Constant", "config": {"value": PRELU_SLOPE}}
        return layers.PReLU(slope, shared_axes=cells, name=name)(tensor)
    return layers.Activation(activation, name=name)(tensor)


def initializer_before(activation: str) -> str:
    """Initial weights that keep the variance: SELU keeps it by itself, the others lose half as ReLU does."""
    return "lecun_normal" if activation == "selu" else "he_normal"


@register_block("CONVOLUTION_3X3_BATCHNORM", kernel_size=3, apply_batch_norm=True)
@register_block("CONVOLUTION_5X5_BATCHNORM", kernel_size=5, apply_batch_norm=True)
@register_block("CONVOLUTION_3X3_LEAKY_RELU", kernel_size=3, activation="leaky_relu")
@register_block("CONVOLUTION_3X3_ELU", kernel_size=3, activation="elu")
@register_block("CONVOLUTION_3X3_PRELU", kernel_size=3, activation="prelu")
@dataclass(frozen=True)
class ActivatedConvolution(SingleInputBlock):
    """Convolution that keeps the plate's size and its channels, batch normalization if asked for, activation."""

    kernel_size: int
    activation: str = "relu"
    apply_batch_norm: bool = False
    role = Role.PLATE
    source = (
        "ELU: Clevert et al., ICLR 2016; PReLU: He et al., Delving Deep into Rectifiers, ICCV 2015; leaky ReLU: Maas "
        "et al., ICML 2013 workshop; batch normalization: Ioffe and Szegedy, ICML 2015"
    )

    def _output(self, tensor: Any) -> Any:
        options = {"activation": None, "kernel_initializer": initializer_before(self.activation)}
        use_bias = not self.apply_batch_norm
        filters = layers.width(tensor)
        tensor = layers.convolution(tensor, filters, self.kernel_size, "convolution", use_bias=use_bias, **options)
        if self.apply_batch_norm:
            tensor = layers.batch_norm(tensor)
        return activated(tensor, self.activation)


@register_block("FULLY_CONNECTED_BATCHNORM", apply_batch_norm=True)
@register_block("FULLY_CONNECTED_LEAKY_RELU", activation="leaky_relu")
@register_block("FULLY_CONNECTED_ELU", activation="elu")
@register_block("FULLY_CONNECTED_PRELU", activation="prelu")
@register_block("FULLY_CONNECTED_SELU", activation="selu")
@register_block("FULLY_CONNECTED_GELU", activation="gelu")
@register_block("FIXED_OUTPUT_FULLY_CONNECTED_128_BATCHNORM", output_size=128, apply_batch_norm=True)
@register_block("FIXED_OUTPUT_FULLY_CONNECTED_256_BATCHNORM", output_size=256, apply_batch_norm=True)
@register_block("FIXED_OUTPUT_FULLY_CONNECTED_128_SELU", output_size=128, activation="selu")
@register_block("FIXED_OUTPUT_FULLY_CONNECTED_256_SELU", output_size=256, activation="selu")
@dataclass(frozen=True)
class ActivatedDense(SingleInputBlock):
    """Dense layer, batch normalization if asked for, activation.

    It is `output_size` wide, by default as wide as its input, within 2 to 100.
    """

    output_size: int | None = None
    activation: str = "relu"
    apply_batch_norm: bool = False
    role = Role.VECTOR
    source = (
        "SELU: Klambauer et al., Self-Normalizing Neural Networks, NeurIPS 2017; GELU: Hendrycks and Gimpel 2016; the "
        "others as for convolutions"
    )

    def _output(self, tensor: Any) -> Any:
        units = self.output_size or clamp(layers.width(tensor))
        options = {"activation": None, "kernel_initializer": initializer_before(self.activation)}
        tensor = layers.dense(tensor, units, "dense", use_bias=not self.apply_batch_norm, **options)
        if self.apply_batch_norm:
            tensor = layers.batch_norm(tensor)
        return activated(tensor, self.activation)
