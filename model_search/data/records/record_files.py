"""Finding TFRecord files and reading their records."""

import glob
import gzip
import hashlib
import re
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...errors import UsageError
from ..tables.csv_file import file_digest

if TYPE_CHECKING:
    import tensorflow as tf

FRAME_BYTES = 16
"""Around the contents of a record: its length and a checksum of it, 12 bytes, before, and a checksum behind."""

_NAME = re.compile(r".*\.tfrecords?(-\d+-of-\d+)?(\.gz)?")


def record_files(filename: str) -> tuple[str, ...]:
    """The files that a name means: one file, a pattern such as `train-*.tfrecord`, or all of a folder.

    In a folder, files called `*.tfrecord`, `*.tfrecords` or `*.tfrecord-00000-of-00010` count, with or without `.gz`.

    Raises:
      UsageError: there is none.
    """
    if not filename:
        raise UsageError("no file was given; --filename names the training data")
    path = Path(filename)
    if path.is_file():
        return (filename,)
    if path.is_dir():
        found = sorted(str(file) for file in path.iterdir() if _NAME.fullmatch(file.name))
        expected = "a file, or a folder with files called *.tfrecord or *.tfrecord.gz"
    else:
        found = sorted(name for name in glob.glob(filename) if Path(name).is_file())
        expected = "a file, a folder, or a pattern such as train-*.tfrecord"
    if not found:
        raise UsageError(f"{filename} names no records; expected {expected}")
    return tuple(found)


def records(path: str, size: int) -> Iterator[np.ndarray]:
    """The serialized records of a file in order, `size` of them at a time; (size,) of bytes.

    Files that end with `.gz` are compressed.

    Raises:
      UsageError: the file is damaged, cut off or holds something else; names the record.
    """
    import tensorflow as tf

    dataset = tf.data.TFRecordDataset(path, compression_type="GZIP" if path.endswith(".gz") else "")
    whole = size_read = 0
    try:
        for batch in dataset.batch(size).as_numpy_iterator():
            yield batch
            whole += len(batch)
            size_read += sum(map(len, batch)) + FRAME_BYTES * len(batch)
    except tf.errors.OpError:
        raise UsageError(
            f"{path}, record {_whole_records(dataset) + 1} is damaged, or this is not a TFRecord file"
        ) from None
    # The reader takes a file that ends inside the twelve bytes before a record's contents as complete.
    if size_read != _plain_size(path):
        raise UsageError(f"{path} is cut off: record {whole + 1} is damaged, or missing")


def _whole_records(dataset: "tf.data.TFRecordDataset") -> int:
    """How many records stand before the first damaged one."""
    import tensorflow as tf

    whole = 0
    try:
        for _ in dataset.as_numpy_iterator():
            whole += 1
    except tf.errors.OpError:
        pass
    return whole


def _plain_size(path: str) -> int:
    """Bytes of a file when it is not compressed; -1 where a compressed one is cut off."""
    if not path.endswith(".gz"):
        return Path(path).stat().st_size
    try:
        with gzip.open(path) as file:
            return sum(len(piece) for piece in iter(lambda: file.read(1 << 20), b""))
    except (EOFError, OSError, zlib.error):
        return -1


def first_records(paths: Sequence[str], count: int) -> list[bytes]:
    """At most so many records of the first file that has any.

    Raises:
      UsageError: the files are damaged or empty.
    """
    for path in paths:
        found = next(records(path, count), None)
        if found is not None:
            return list(found)
    raise UsageError(f"{paths[0]} has no records")


def files_digest(paths: Sequence[str]) -> str:
    """SHA-256 of the contents, 16 hexadecimal digits."""
    return hashlib.sha256("\n".join(map(file_digest, paths)).encode()).hexdigest()[:16]
