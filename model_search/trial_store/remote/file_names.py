"""Which files of a trial pass through a service, and how they are checked."""

import hashlib
import os
import re

CHUNK = 256 << 10
"""Bytes of one message."""

# Models, weights, outputs, records: what lies in a trial's folder under a plain name. No other name is read or written,
# so that no request can reach another folder.
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}\.(keras|npz|npy|json|pbtxt)")


def is_file_name(name: str) -> bool:
    """Whether a name is one of those that files of trials have."""
    return _NAME.fullmatch(name) is not None


def check_file_name(name: str) -> None:
    """Raises `ValueError` for any other name."""
    if not is_file_name(name):
        raise ValueError(f"{name[:80]!r} is not the name of a trial's file, such as model.keras")


def sha256_of(path: str) -> str:
    """Digest of a file's content, in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def files_in(folder: str) -> list[str]:
    """Names of the files in a folder that may pass, sorted; none where there is no folder."""
    try:
        return sorted(entry.name for entry in os.scandir(folder) if entry.is_file() and is_file_name(entry.name))
    except FileNotFoundError:
        return []
