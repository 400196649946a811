"""Blocks whose sizes are hyperparameters of the trial, searched with its learning rate."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from model_search.block import Block, Role, register_block

from . import layers
from .activations import activated, initializer_before

if TYPE_CHECKING:  # it imports TensorFlow, which listing the library does without
    import keras_tuner

FILTERS = [16, 32, 64, 96, 128]
UNITS = [16, 32, 64, 128, 256, 512]
ACTIVATIONS = ["relu", "leaky_relu", "elu", "gelu", "silu"]


class TunableBlock(Block):
    """A function of the newest tensor and of the block's own hyperparameters; subclasses define both.

    A hyperparameter that `build` does not get has its default.
    """

    def build(
        self, input_tensors: list[Any], hparams: Mapping[str, Any] | None = None, lengths: Any | None = None
    ) -> list[Any]:
        """The tensors so far and this block's output, as `Block.build` says."""
        values = self.requires_hparams().values | dict(hparams or {})
        return [*input_tensors, self._output(input_tensors[-1], values)]

    def requires_hparams(self) -> "keras_tuner.HyperParameters":
        """What `_output` reads."""
        import keras_tuner

        space = keras_tuner.HyperParameters()
        self._declare(space)
        space.Choice("activation", ACTIVATIONS, default="relu")
        space.Boolean("batch_norm", default=True)
        return space

    def _declare(self, space: "keras_tuner.HyperParameters") -> None:
        raise NotImplementedError(f"{type(self).__name__} does not say what it is tuned by")

    def _output(self, tensor: Any, values: Mapping[str, Any]) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not say what it puts out")


def _finished(tensor: Any, values: Mapping[str, Any]) -> Any:
    """Batch normalization if it was chosen, and the chosen activation."""
    if values["batch_norm"]:
        tensor = layers.batch_norm(tensor)
    return activated(tensor, values["activation"])


@register_block("TUNABLE_CONVOLUTION")
class TunableConvolution(TunableBlock):
    """Convolution, batch normalization if chosen, activation.

    Hyperparameters: `filters`, `kernel_size` (1, 3, 5), `stride` (1, 2), `activation`, `batch_norm`. The plate becomes
    ceil(size / stride), with `filters` channels.
    """

    role = Role.PLATE
    source = (
        "LeCun et al., Backpropagation Applied to Handwritten Zip Code Recognition, Neural Computation 1, 1989;"
        " batch normalization: Ioffe and Szegedy, ICML 2015"
    )

    def _declare(self, space: "keras_tuner.HyperParameters") -> None:
        space.Choice("filters", FILTERS, default=32)
        space.Choice("kernel_size", [1, 3, 5], default=3)
        space.Choice("stride", [1, 2], default=1)

    def _output(self, tensor: Any, values: Mapping[str, Any]) -> Any:
        options = {
            "strides": values["stride"],
            "activation": None,
            "use_bias": not values["batch_norm"],
            "kernel_initializer": initializer_before(values["activation"]),
        }
        tensor = layers.convolution(tensor, values["filters"], values["kernel_size"], "convolution", **options)
        return _finished(tensor, values)


@register_block("TUNABLE_SEPARABLE")
class TunableSeparable(TunableBlock):
    """Depthwise-separable convolution, batch normalization if chosen, activation.

    Hyperparameters: `filters`, `kernel_size` (3, 5, 7), `stride` (1, 2), `activation`, `batch_norm`. The plate becomes
    ceil(size / stride), with `filters` channels.
    """

    role = Role.PLATE
    source = "Chollet, Xception: Deep Learning with Depthwise Separable Convolutions, CVPR 2017, figure 4"

    def _declare(self, space: "keras_tuner.HyperParameters") -> None:
        space.Choice("filters", FILTERS, default=32)
        space.Choice("kernel_size", [3, 5, 7], default=3)
        space.Choice("stride", [1, 2], default=1)

    def _output(self, tensor: Any, values: Mapping[str, Any]) -> Any:
        options = {"strides": values["stride"], "use_bias": not values["batch_norm"]}
        sizes = (values["filters"], values["kernel_size"])
        return _finished(layers.separable_convolution(tensor, *sizes, "separable", **options), values)


@register_block("TUNABLE_DENSE")
class TunableDense(TunableBlock):
    """Dense layer, batch normalization if chosen, activation.

    Hyperparameters: `units`, `activation`, `batch_norm`.
    """

    role = Role.VECTOR
    source = (
        "Rumelhart, Hinton and Williams, Learning Representations by Back-propagating Errors, Nature 323, 1986;"
        " batch normalization: Ioffe and Szegedy, ICML 2015"
    )

    def _declare(self, space: "keras_tuner.HyperParameters") -> None:
        space.Choice("units", UNITS, default=128)

    def _output(self, tensor: Any, values: Mapping[str, Any]) -> Any:
        options = {"activation": None, "kernel_initializer": initializer_before(values["activation"])}
        tensor = layers.dense(tensor, values["units"], "dense", use_bias=not values["batch_norm"], **options)
        return _finished(tensor, values)
