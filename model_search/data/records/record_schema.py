"""What the features of a record are: given in words such as `float32[28,28]`, or inferred from the first records."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...errors import UsageError

_STORED = {"float32": "float", "int64": "int64", "string": "bytes", "uint8": "bytes", "image": "bytes"}
"""How `tf.train.Example` stores each type."""

_MAGIC = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"GIF8")
"""First bytes of JPEG, PNG and GIF files."""

_SPELLING = re.compile(r"(\w+)(?:\[([\d?, ]*)\])?")


@dataclass(frozen=True)
class RecordFeature:
    """One feature of a record.

    Attributes:
      dtype: `float32` and `int64` lists, `string` (UTF-8), `uint8` (its raw bytes in one string), or `image` (a JPEG,
        PNG, GIF or BMP file in one string).
      shape: in row-major order; a first None varies; empty for one value.
    """

    dtype: str
    shape: tuple[int | None, ...] = ()

    @property
    def stored(self) -> str:
        """The kind of list that holds it in a `tf.train.Example`: `float`, `int64` or `bytes`."""
        return _STORED[self.dtype]

    @property
    def varies(self) -> bool:
        """Whether its first size differs from record to record."""
        return bool(self.shape) and self.shape[0] is None

    @property
    def width(self) -> int:
        """Values of the whole, or of one step where it varies."""
        return math.prod(size for size in self.shape if size is not None)

    @property
    def values(self) -> int:
        """Values in its list, or of one step where it varies."""
        return 1 if self.stored == "bytes" else self.width

    def spelled(self) -> str:
        """As `feature_of` reads it."""
        sizes = ",".join("?" if size is None else str(size) for size in self.shape)
        return f"{self.dtype}[{sizes}]" if self.shape else self.dtype


def feature_of(text: str, name: str) -> RecordFeature:
    """A feature from words: `float32`, `int64[5]`, `float32[?,3]`, `string`, `uint8[28,28,1]` or `image`.

    Raises:
      UsageError: it is none of these.
    """
    found = _SPELLING.fullmatch(text.strip())
    dtype, sizes = found.groups() if found else ("", None)
    shape = [size.strip() for size in sizes.split(",")] if sizes is not None else []
    fits = dtype in _STORED and all(size == "?" or (size.isdigit() and int(size)) for size in shape)
    fits = fits and "?" not in shape[1:] and not (shape and dtype in ("string", "image"))
    if not fits or (dtype == "uint8" and (not shape or "?" in shape)):
        raise UsageError(
            f"schema of {name!r} is {text!r}; expected float32 or int64 with a shape such as [28,28] or [?,3] or none,"
            " string, image, or uint8 with a shape such as [28,28,1]"
        )
    return RecordFeature(dtype, tuple(None if size == "?" else int(size) for size in shape))


def infer_record_schema(records: Sequence[bytes], source: str) -> dict[str, RecordFeature]:
    """The features of the first records by name, in alphabetical order.

    Raises:
      UsageError: a record is no `tf.train.Example` or has other features than the first one.
    """
    examples = [parse_example(record, f"{source}, record {number}") for number, record in enumerate(records, start=1)]
    names = sorted(examples[0])
    for number, example in enumerate(examples, start=1):
        if different := sorted(set(example) ^ set(names)):
            raise UsageError(
                f"{source}, record {number}: feature {different[0]!r} is not in all records; name those to read, each"
                " with its type, with --schema"
            )
    if not names:
        raise UsageError(f"{source}: records have no features")
    return {name: _infer(name, [example[name] for example in examples], source) for name in names}


def _infer(name: str, values: list[tuple[str, list[Any]]], source: str) -> RecordFeature:
    kinds = [kind for kind, _ in values]
    for number, kind in enumerate(kinds, start=1):
        if kind != kinds[0]:
            raise UsageError(
                f"{source}, record {number}: feature {name!r} holds {kind}, in the first record {kinds[0]}"
            )
    counts = {len(items) for _, items in values}
    if kinds[0] == "bytes":
        if counts != {1}:
            raise UsageError(f"{source}: feature {name!r} holds {sorted(counts)} strings a record; expected 1")
        is_image = all(items[0].startswith(_MAGIC) for _, items in values)
        return RecordFeature("image" if is_image else "string")
    dtype = "float32" if kinds[0] == "float" else "int64"
    if len(counts) > 1:
        return RecordFeature(dtype, (None,))
    count = counts.pop()
    return RecordFeature(dtype, () if count == 1 else (count,))


def parse_example(record: bytes, place: str) -> dict[str, tuple[str, list[Any]]]:
    """Features of a serialized `tf.train.Example`: kind (`float`, `int64`, `bytes`, or `nothing`) and values by name.

    Raises:
      UsageError: the bytes are something else.
    """
    import tensorflow as tf
    from google.protobuf.message import DecodeError

    try:
        example = tf.train.Example.FromString(record)
    except DecodeError:
        raise UsageError(f"{place} is not a tf.train.Example") from None
    found = {}
    for name, feature in example.features.feature.items():
        kind = feature.WhichOneof("kind")
        found[name] = (kind.removesuffix("_list"), list(getattr(feature, kind).value)) if kind else ("nothing", [])
    return found


def mismatch(record: bytes, schema: Mapping[str, RecordFeature], place: str) -> str:
    """In what a record departs from a schema, in words; empty where it does not."""
    example = parse_example(record, place)
    for name, feature in schema.items():
        kind, values = example.get(name, ("nothing", []))
        if not values:
            return f"feature {name!r} is missing" if name not in example else f"feature {name!r} is empty"
        if kind != feature.stored:
            return f"feature {name!r} holds {kind}; expected {feature.spelled()}"
        if len(values) % feature.values if feature.varies else len(values) != feature.values:
            return f"feature {name!r} has {len(values)} values; expected {feature.spelled()}"
        if feature.dtype == "uint8" and len(values[0]) != feature.width:
            return f"feature {name!r} has {len(values[0])} bytes; expected {feature.spelled()}"
    steps = {name: len(example[name][1]) // feature.values for name, feature in schema.items() if feature.varies}
    return f"features differ in steps: {steps}" if len(set(steps.values())) > 1 else ""
