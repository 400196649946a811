"""Whether a tensor of a network can be below 0."""

from typing import Any

import keras

_ACTIVATIONS = frozenset({"relu", "relu6", "sigmoid", "hard_sigmoid", "softmax", "softplus", "exponential"})
# They give out some of what they get, sums or means of it, or zeros.
_PASSING = (
    "Dropout", "SpatialDropout1D", "SpatialDropout2D", "Flatten", "Reshape", "Identity", "MaxPooling1D", "MaxPooling2D",
    "AveragePooling1D", "AveragePooling2D", "GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalMaxPooling1D",
    "GlobalMaxPooling2D", "ZeroPadding1D", "ZeroPadding2D", "Cropping1D", "Cropping2D", "UpSampling2D", "Concatenate",
    "Add", "Multiply", "Average", "Maximum", "Where",
)  # fmt: skip


def is_nonnegative(tensor: Any) -> bool:
    """Whether the layers in front of a symbolic tensor leave nothing below 0, as far as they are known to.

    A layer that is not known counts as one that may give out anything.
    """
    operation, node_index, _ = tensor._keras_history
    if isinstance(operation, keras.layers.ReLU):
        return not operation.negative_slope
    activation = getattr(operation, "activation", None)
    if activation is not None:
        return keras.activations.serialize(activation) in _ACTIVATIONS
    if type(operation).__name__ not in _PASSING:
        return False
    node = operation._inbound_nodes[node_index]
    numbers = [value for value in node.arguments.args if isinstance(value, int | float)]
    # Which of two tensors `where` takes is said by truth values.
    inputs = [given for given in node.input_tensors if given.dtype != "bool"]
    return bool(inputs) and all(value >= 0 for value in numbers) and all(map(is_nonnegative, inputs))
