"""Augmentations by name, such as `flip` and `crop:4`: Keras layers that are applied in training alone."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import keras

from ..errors import UsageError
from ..registry import closest
from .images.augment_images import Cutout, ImageAugmentation, PaddedCrop
from .sounds.augment_sounds import Noise, SoundAugmentation, SpecAugment, TimeShift


@dataclass(frozen=True)
class _Kind:
    """How an augmentation is made of its strength.

    Attributes:
      make: the layer of a strength (0 where there is none to give).
      default: the strength where none is given; 0 where none can be.
      below: the strength is smaller; for pixels the shorter side of the image is a bound too.
      is_whole: whether strengths are whole pixels.
    """

    make: Callable[[float], keras.Layer]
    default: float = 0.0
    below: float = math.inf
    is_whole: bool = False


_IMAGES = {
    "flip": _Kind(lambda _: keras.layers.RandomFlip("horizontal")),
    "crop": _Kind(lambda pixels: PaddedCrop(int(pixels)), 4, is_whole=True),
    "cutout": _Kind(lambda size: Cutout(int(size)), 8, is_whole=True),
}
_SOUNDS = {
    "time_shift": _Kind(TimeShift, 0.1, 1.0),
    "noise": _Kind(Noise, 0.1),
    "spec_augment": _Kind(SpecAugment, 0.2, 1.0),
}
_KINDS: Mapping[str, Mapping[str, _Kind]] = {"image": _IMAGES, "sound_plates": _SOUNDS, "sound_sequences": _SOUNDS}


def augmentation_of(names: Sequence[str], kind: str, shape: Sequence[int] = ()) -> keras.Layer | None:
    """The layer that augments encoded features, with random generators of its own; None for no names.

    Args:
      names: `name` or `name:strength`, in the order of application. For images `flip` (left to right, half of them),
        `crop:pixels` (of padding before a random crop) and `cutout:size`; for sounds `time_shift:share`,
        `noise:strength` and `spec_augment:share`; their layers say what the strengths are.
      kind: `image`, `sound_plates` or `sound_sequences`.
      shape: of one image, where crops and squares shall be held against it.

    Raises:
      UsageError: a name is unknown or given twice, or its strength is not one.
    """
    known = _KINDS[kind]
    layers, seen = [], set()
    for text in names:
        name, _, strength = (part.strip() for part in text.partition(":"))
        if name not in known:
            raise UsageError(f"augment {text!r}: no augmentation of {kind.split('_')[0]}s; {closest(name, known)}")
        if name in seen:
            raise UsageError(f"augment {text!r}: {name} is given twice")
        seen.add(name)
        layers.append(known[name].make(_strength(text, strength, ":" in text, known[name], shape)))
    if not layers:
        return None
    return ImageAugmentation(layers) if kind == "image" else SoundAugmentation(layers)


def _strength(text: str, given: str, is_given: bool, kind: _Kind, shape: Sequence[int]) -> float:
    if not kind.default:
        if is_given:
            raise UsageError(f"augment {text!r}: {text.partition(':')[0]} takes no strength")
        return 0.0
    try:
        value = float(given) if is_given else kind.default
    except ValueError:
        value = math.nan
    limit = min([kind.below, *(shape[:2] if kind.is_whole else ())])
    if not 0 < value < limit or not math.isfinite(value) or (kind.is_whole and value != int(value)):
        what = "whole number of pixels" if kind.is_whole else "number"
        bound = f" and below {limit:g}" if limit < math.inf else ""
        default = "" if is_given else f", not its default {kind.default:g}"
        raise UsageError(f"augment {text!r}: the strength must be a {what} above 0{bound}{default}")
    return value
