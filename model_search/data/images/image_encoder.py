"""The Keras layers that encode images; they become part of the exported model."""

from typing import Any

from keras import layers


class ImageEncoder:
    """Resizing, which at the right size is an exact copy, then rescaling to [-1, 1]."""

    def __init__(self, size: tuple[int, int]):
        self._resize = layers.Resizing(*size, interpolation="bilinear", name="encode_resize")
        self._rescale = layers.Rescaling(1 / 127.5, offset=-1.0, name="encode_rescale")

    def __call__(self, image: Any) -> Any:
        """Images (batch, height, width, 3) uint8 to (batch, *size, 3) float32."""
        return self._rescale(self._resize(image))
