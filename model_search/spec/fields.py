"""Questions about message fields that protobuf's releases answer differently."""

from typing import Any


def is_repeated(field: Any) -> bool:
    """Whether a field, given by its descriptor, holds a list.

    Releases before 6.31 know only `label`, which later ones deprecate.
    """
    if hasattr(field, "is_repeated"):
        return bool(field.is_repeated)
    return bool(field.label == field.LABEL_REPEATED)
