"""Questions about message fields that protobuf's releases answer differently."""

from google.protobuf.descriptor import FieldDescriptor


def is_repeated(field: FieldDescriptor) -> bool:
    """Whether a field holds a list. Releases before 6.31 know only `label`, which later ones deprecate."""
    if hasattr(field, "is_repeated"):
        return field.is_repeated
    return field.label == field.LABEL_REPEATED
