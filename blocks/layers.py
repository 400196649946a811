"""The Keras layers that blocks are made of.

Any name of `keras.layers` is found here too, and imports Keras when it is first used: the library can be listed, and
a spec's block names checked, without the seconds that TensorFlow needs to start.
"""

from typing import Any

# Moving averages reach the data within a trial of a hundred steps; at Keras' own 0.99 the starting values would still
# weigh 0.99 ** 100 = 37 % then.
BATCH_NORM_MOMENTUM = 0.9


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import keras

    return getattr(keras.layers, name)


def width(tensor: Any) -> int:
    """Size of the last axis: channels of a plate, features of a vector."""
    return int(tensor.shape[-1])


def plate_size(tensor: Any) -> tuple[int, int]:
    """Height and width of a plate (batch, height, width, channels)."""
    return int(tensor.shape[1]), int(tensor.shape[2])


def convolution(tensor: Any, filters: int, kernel_size: int | tuple[int, int], name: str, **options: Any) -> Any:
    """Convolution that keeps the plate's size at stride 1, with ReLU unless `options` say otherwise.

    Args:
      tensor: (batch, height, width, channels).
      filters: output channels.
      kernel_size: height and width, or one number for both.
      name: of the layer, unique within the block.
      **options: of `keras.layers.Conv2D`.
    """
    defaults = {"activation": "relu", "padding": "same", "kernel_initializer": "he_normal"}
    layer = __getattr__("Conv2D")
    return layer(filters, kernel_size, name=name, data_format="channels_last", **defaults | options)(tensor)


def dense(tensor: Any, units: int, name: str, **options: Any) -> Any:
    """Dense layer over the last axis, with ReLU unless `options` (of `keras.layers.Dense`) say otherwise."""
    defaults = {"activation": "relu", "kernel_initializer": "he_normal"}
    return __getattr__("Dense")(units, name=name, **defaults | options)(tensor)


def batch_norm(tensor: Any, name: str = "batch_norm") -> Any:
    """Batch normalization over the last axis; the layer before needs no bias."""
    return __getattr__("BatchNormalization")(momentum=BATCH_NORM_MOMENTUM, name=name)(tensor)


def batch_norm_relu(tensor: Any, prefix: str = "") -> Any:
    """Batch normalization over the last axis, then ReLU; the layer before needs neither bias nor activation."""
    tensor = batch_norm(tensor, f"{prefix}batch_norm")
    return __getattr__("ReLU")(name=f"{prefix}relu")(tensor)


def normalized_convolution(
    tensor: Any, filters: int, kernel_size: int | tuple[int, int], prefix: str, **options: Any
) -> Any:
    """Convolution without bias, batch normalization and ReLU; every layer's name starts with `prefix`."""
    options = {"activation": None, "use_bias": False} | options
    return batch_norm_relu(convolution(tensor, filters, kernel_size, f"{prefix}convolution", **options), prefix)


def variance_scaling(scale: float, mode: str) -> Any:
    """Normal initial weights of variance `scale` / fan, the fan being "fan_in" or "fan_out"."""
    import keras

    return keras.initializers.VarianceScaling(scale, mode)


def depthwise_convolution(tensor: Any, kernel_size: int | tuple[int, int], name: str, **options: Any) -> Any:
    """Linear convolution of each channel by itself, without bias, that keeps the plate's size at stride 1.

    `options` (of `keras.layers.DepthwiseConv2D`) may say otherwise.
    """
    defaults = {"padding": "same", "use_bias": False, "depthwise_initializer": _he_depthwise()}
    layer = __getattr__("DepthwiseConv2D")
    return layer(kernel_size, name=name, data_format="channels_last", **defaults | options)(tensor)


def separable_convolution(tensor: Any, filters: int, kernel_size: int, name: str, **options: Any) -> Any:
    """Depthwise convolution and then a 1x1 convolution to `filters` channels, linear and without bias.

    It keeps the plate's size at stride 1; `options` (of `keras.layers.SeparableConv2D`) may say otherwise. Source:
    Chollet, Xception: Deep Learning with Depthwise Separable Convolutions, CVPR 2017, section 1.2.
    """
    defaults = {
        "padding": "same",
        "use_bias": False,
        "depthwise_initializer": _he_depthwise(),
        "pointwise_initializer": "lecun_normal",  # no ReLU stands between the two
    }
    layer = __getattr__("SeparableConv2D")
    return layer(filters, kernel_size, name=name, data_format="channels_last", **defaults | options)(tensor)


def _he_depthwise() -> Any:
    # Keras counts all channels as a depthwise kernel's fan-in; its fan-out is what one output value is summed from.
    return variance_scaling(2.0, "fan_out")
