"""Finding TFRecord files and reading their records."""

import glob
import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from ...errors import UsageError
from ..tables.csv_file import file_digest

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
      UsageError: the file is damaged or holds something else; names the record.
    """
    import tensorflow as tf

    dataset = tf.data.TFRecordDataset(path, compression_type="GZIP" if path.endswith(".gz") else "")
    try:
        yield from dataset.batch(size).as_numpy_iterator()
        return
    except tf.errors.OpError:
        pass
    whole = 0
    try:
        for _ in dataset.as_numpy_iterator():
            whole += 1
    except tf.errors.OpError:
        raise UsageError(f"{path}, record {whole + 1} is damaged, or this is not a TFRecord file") from None


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
