"""Files of a search, on a disk or in a bucket: every path goes through here."""

import io
import os
import struct
import tokenize
import uuid
import zipfile
import zlib
from typing import Any, BinaryIO

DAMAGE = (
    OSError, ValueError, KeyError, EOFError, SyntaxError, RuntimeError,
    zipfile.BadZipFile, zlib.error, struct.error, tokenize.TokenError,
)  # fmt: skip
"""What reading a damaged archive or array may raise: one flipped bit is enough for any of these."""


def _gfile() -> Any:
    # TensorFlow takes seconds to import; commands that only read a local disk do not need it.
    import tensorflow as tf

    return tf.io.gfile


def is_remote(path: str) -> bool:
    """Whether the path is a URL such as `gs://bucket/folder`."""
    return "://" in path


def join(folder: str, *parts: str) -> str:
    """A path below a folder."""
    return "/".join([folder.rstrip("/"), *parts]) if is_remote(folder) else os.path.join(folder, *parts)


def make_folder(path: str) -> None:
    """Creates a folder and those above it; one that exists is fine."""
    if is_remote(path):
        _gfile().makedirs(path)
    else:
        os.makedirs(path, exist_ok=True)


def exists(path: str) -> bool:
    """Whether a file or folder is there."""
    return bool(_gfile().exists(path)) if is_remote(path) else os.path.exists(path)


def read_bytes(path: str) -> bytes | None:
    """Content of a file, or None where there is none."""
    if not exists(path):
        return None
    if is_remote(path):
        with _gfile().GFile(path, "rb") as file:
            return bytes(file.read())
    with open(path, "rb") as file:
        return file.read()


def is_whole_archive(path: str) -> bool:
    """Whether a zip archive, such as a `.keras` file, is there and each of its parts has its checksum."""
    file = opened(path)
    if file is None:
        return False
    try:
        with file, zipfile.ZipFile(file) as archive:
            return archive.testzip() is None
    except DAMAGE:
        return False


def opened(path: str) -> BinaryIO | None:
    """A file open for reading at any place, or None where there is none; one in a bucket is read as a whole."""
    if is_remote(path):
        content = read_bytes(path)
        return None if content is None else io.BytesIO(content)
    try:
        return open(path, "rb")
    except FileNotFoundError:
        return None


def write_atomically(path: str, content: bytes) -> None:
    """Writes under a temporary name and renames: readers see the old file or the new one, never a part."""
    temporary = f"{path}.{uuid.uuid4().hex[:8]}.tmp"
    if is_remote(path):
        with _gfile().GFile(temporary, "wb") as file:
            file.write(content)
        _gfile().rename(temporary, path, overwrite=True)
        return
    with open(temporary, "wb") as file:
        file.write(content)
    os.replace(temporary, path)


def remove(path: str) -> None:
    """Deletes a file; one that is not there is fine."""
    if is_remote(path):
        if _gfile().exists(path):
            _gfile().remove(path)
    elif os.path.exists(path):
        os.unlink(path)
