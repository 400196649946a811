"""Augmentation of images that are arrays or features of records."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...errors import UsageError
from .inputs import Form, Inputs, Kind

if TYPE_CHECKING:
    import keras


def augmentation_of_inputs(inputs: Inputs, names: Sequence[str]) -> "keras.Layer | None":
    """The layer that augments encoded images, see `augmentation_of`; None for no names.

    Several images of an example are moved together, since they are channels of one plate then. Other inputs beside
    them are channels of the same value all over the plate, which crops and squares would destroy.

    Raises:
      UsageError: the inputs are not images alone, they become no plates, or a name or strength is wrong.
    """
    if not names:
        return None
    if inputs.form is not Form.PLATE:
        raise UsageError(f"augment {names[0]!r} changes images of a CNN spec; here inputs become {inputs.form.value}s")
    others = [one.column for one in inputs.arrays if one.kind is not Kind.PLATE]
    others += [column.name for column in inputs.table.columns] if inputs.table else []
    if others:
        raise UsageError(f"augment {names[0]!r} changes images; {others[0]!r} is none")
    from ..augmentation import augmentation_of

    height, width = (size or 0 for size in inputs.arrays[0].plate)
    return augmentation_of(names, "image", (height, width))
