"""Plates brought to the size of another plate."""

from typing import Any

from . import layers


def halved(size: tuple[int, int]) -> tuple[int, int]:
    """Height and width after a stride of 2, rounded up."""
    return -(-size[0] // 2), -(-size[1] // 2)


def factorized_reduction(tensor: Any, filters: int, prefix: str) -> Any:
    """Halves a plate, rounding up, with two 1x1 convolutions of stride 2, one of them on the plate moved by a cell.

    Together the two, `filters` channels side by side, see twice the cells that a single one would. Linear, without
    bias. Source: the published code of Zoph et al., Learning Transferable Architectures for Scalable Image
    Recognition, CVPR 2018 (TensorFlow Models, slim/nets/nasnet).
    """
    options = {"strides": 2, "activation": None, "use_bias": False}
    moved = layers.ZeroPadding2D(((0, 1), (0, 1)), name=f"{prefix}pad")(tensor)
    moved = layers.Cropping2D(((1, 0), (1, 0)), name=f"{prefix}move")(moved)
    halves = [
        layers.convolution(tensor, filters // 2, 1, f"{prefix}even_convolution", **options),
        layers.convolution(moved, filters - filters // 2, 1, f"{prefix}odd_convolution", **options),
    ]
    return layers.Concatenate(name=f"{prefix}concatenate")(halves)


def resized(tensor: Any, size: tuple[int, int], prefix: str) -> Any:
    """A plate of exactly this height and width, without weights.

    Sides that are too short are repeated, sides that are too long averaged in tiles; what is over at the bottom or
    right is cut off.
    """
    up = _ceiling_ratios(size, layers.plate_size(tensor))
    if max(up) > 1:
        tensor = layers.UpSampling2D(up, name=f"{prefix}repeat")(tensor)
    tile = _floor_ratios(layers.plate_size(tensor), size)
    if max(tile) > 1:
        tensor = layers.AveragePooling2D(tile, data_format="channels_last", name=f"{prefix}tile_mean")(tensor)
    height, width = layers.plate_size(tensor)
    over = (height - size[0], width - size[1])
    if max(over) > 0:
        tensor = layers.Cropping2D(((0, over[0]), (0, over[1])), name=f"{prefix}cut")(tensor)
    return tensor


def _ceiling_ratios(wanted: tuple[int, int], given: tuple[int, int]) -> tuple[int, int]:
    return -(-wanted[0] // given[0]), -(-wanted[1] // given[1])


def _floor_ratios(given: tuple[int, int], wanted: tuple[int, int]) -> tuple[int, int]:
    return given[0] // wanted[0], given[1] // wanted[1]
