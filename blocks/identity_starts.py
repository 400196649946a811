"""Weights with which blocks give out what they get in (Chen et al. 2016, Net2Net, section 2.3)."""

from collections.abc import Mapping
from typing import Any


def zeroed(weights: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Zeros for these weights: what a residual branch ends in, so that it adds nothing."""
    return {name: 0 * weights[name] for name in names}


def shrunk(weights: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A millionth of these weights: for a residual branch that ends in a ReLU, which no gradient would pass at zero."""
    return {name: 1e-6 * weights[name]}


def passing(weights: Mapping[str, Any], layer: str) -> dict[str, Any] | None:
    """Kernel and bias with which a dense layer or a convolution of stride 1 gives out what it gets in.

    None where it gives out another number of channels, or its kernel has no middle that output and input share.
    """
    import numpy as np

    kernel = np.zeros_like(weights[f"{layer}/kernel"])
    *sizes, inputs, outputs = kernel.shape
    if inputs != outputs:
        return None
    # Padding of even sizes puts one cell more at the end, so that the cell itself is the one before the middle.
    kernel[(*((size - 1) // 2 for size in sizes), ...)] = np.eye(inputs, dtype=kernel.dtype)
    return {f"{layer}/kernel": kernel} | zeroed(weights, f"{layer}/bias")
