"""The cells of NASNet-A: plates from the two newest plates of the tower.

Published specs know them as CIFAR_NASA and CIFAR_NASA_REDUCTION. The cells have no path dropout.
"""

from collections.abc import Mapping
from typing import Any

from model_search.block import Block, Role, register_block

from . import layers
from .resizing import factorized_reduction, halved, resized

# A cell on few channels (three colours) starts a tower of this width.
MIN_WIDTH = 48


def relu_convolution_norm(tensor: Any, filters: int, prefix: str) -> Any:
    """ReLU, 1x1 convolution, batch normalization."""
    tensor = layers.ReLU(name=f"{prefix}relu")(tensor)
    tensor = layers.convolution(tensor, filters, 1, f"{prefix}convolution", activation=None, use_bias=False)
    return layers.batch_norm(tensor, f"{prefix}batch_norm")


def fitted(older: Any, size: tuple[int, int], filters: int) -> Any:
    """The older plate with the newest one's size and `filters` channels.

    A plate twice as large is halved by a factorized reduction, one of any other size is averaged in tiles (or its
    cells are repeated) first.
    """
    if layers.plate_size(older) != size and halved(layers.plate_size(older)) == size:
        reduced = factorized_reduction(layers.ReLU(name="older_relu")(older), filters, "older_")
        return layers.batch_norm(reduced, "older_batch_norm")
    return relu_convolution_norm(resized(older, size, "older_"), filters, "older_")


def separable(tensor: Any, kernel_size: int, prefix: str, strides: int = 1) -> Any:
    """ReLU, separable convolution and batch normalization, twice; the first has the stride."""
    channels = layers.width(tensor)
    for step, stride in (("first_", strides), ("second_", 1)):
        name = f"{prefix}_{step}"
        tensor = layers.ReLU(name=f"{name}relu")(tensor)
        tensor = layers.separable_convolution(tensor, channels, kernel_size, f"{name}separable", strides=stride)
        tensor = layers.batch_norm(tensor, f"{name}batch_norm")
    return tensor


def mean(tensor: Any, name: str, strides: int = 1) -> Any:
    """Mean of 3x3 cells, not counting those outside of the plate."""
    return layers.AveragePooling2D(3, strides, padding="same", data_format="channels_last", name=name)(tensor)


def maximum(tensor: Any, name: str, strides: int) -> Any:
    """Maximum of 3x3 cells."""
    return layers.MaxPooling2D(3, strides, padding="same", data_format="channels_last", name=name)(tensor)


def joined(branches: list[Any]) -> Any:
    """Side by side."""
    return layers.Concatenate(name="concatenate")(branches)


class NasnetCell(Block):
    """What both cells share: two inputs, of as many channels each.

    The inputs are the newest tensor of the tower and the one before it. Where there is only one, or the older is no
    plate, the newest stands for both.
    """

    role = Role.PLATE

    @property
    def is_input_order_important(self) -> bool:
        """The cell reads two tensors."""
        return True

    def build(
        self, input_tensors: list[Any], hparams: Mapping[str, Any] | None = None, lengths: Any | None = None
    ) -> list[Any]:
        """The tensors so far and this cell's output, as `Block.build` says."""
        newest = input_tensors[-1]
        has_older = len(input_tensors) > 1 and len(input_tensors[-2].shape) == 4
        older = input_tensors[-2] if has_older else newest
        filters = self._filters(layers.width(newest))
        older = fitted(older, layers.plate_size(newest), filters)
        return [*input_tensors, self._cell(relu_convolution_norm(newest, filters, "newest_"), older)]

    def _filters(self, channels: int) -> int:
        raise NotImplementedError(f"{type(self).__name__} does not say how many channels its branches have")

    def _cell(self, newest: Any, older: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not say what it puts out")


@register_block("CIFAR_NASA")
class NasnetNormalCell(NasnetCell):
    """Normal cell: keeps the plate's size.

    Six branches are concatenated. Each has a sixth of the newest tensor's c channels, rounded up, and at least 8: the
    output has c channels where c is a multiple of 6 from 48 on, and so has every further cell.
    """

    source = "Zoph et al., Learning Transferable Architectures for Scalable Image Recognition, CVPR 2018, figure 4"

    def _filters(self, channels: int) -> int:
        return -(-max(channels, MIN_WIDTH) // 6)

    def _cell(self, newest: Any, older: Any) -> Any:
        older_mean = mean(older, "older_mean")
        pairs = [
            (separable(newest, 5, "branch_1_newest"), separable(older, 3, "branch_1_older")),
            (separable(older, 5, "branch_2_wide"), separable(older, 3, "branch_2_narrow")),
            (mean(newest, "newest_mean"), older),
            (older_mean, older_mean),
            (separable(newest, 3, "branch_5_newest"), newest),
        ]
        return joined([older, *(layers.Add(name=f"branch_{i}")(pair) for i, pair in enumerate(pairs, 1))])


@register_block("CIFAR_NASA_REDUCTION")
class NasnetReductionCell(NasnetCell):
    """Reduction cell: halves the plate, rounding up.

    Four branches are concatenated. Each has half of the newest tensor's c channels, rounded up, and at least 12: the
    output has 2 * c channels where c is even and at least 24.
    """

    source = "Zoph et al., Learning Transferable Architectures for Scalable Image Recognition, CVPR 2018, figure 4"

    @property
    def is_reduction(self) -> bool:
        """See `Block.is_reduction`."""
        return True

    def _filters(self, channels: int) -> int:
        return -(-max(channels, MIN_WIDTH // 2) // 2)

    def _cell(self, newest: Any, older: Any) -> Any:
        add = layers.Add
        newest_maximum = maximum(newest, "newest_max", strides=2)
        one = add(name="branch_1")(
            [separable(newest, 5, "branch_1_newest", strides=2), separable(older, 7, "branch_1_older", strides=2)]
        )
        two = add(name="branch_2")([newest_maximum, separable(older, 7, "branch_2_older", strides=2)])
        three = add(name="branch_3")(
            [mean(newest, "newest_mean", strides=2), separable(older, 5, "branch_3_older", strides=2)]
        )
        four = add(name="branch_4")([two, mean(one, "branch_1_mean")])
        five = add(name="branch_5")([separable(one, 3, "branch_5_inner"), newest_maximum])
        return joined([two, three, four, five])
