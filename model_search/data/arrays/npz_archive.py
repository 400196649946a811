"""Arrays of an `.npz` archive without reading it as a whole."""

import shutil
import struct
import tempfile
import zipfile
from typing import IO, Any

import numpy as np

from ..tables.csv_file import STREAM_BYTES

_NAME_AND_EXTRA = 26
_LOCAL_HEADER = 30
_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


def npz_arrays(filename: str) -> dict[str, np.ndarray]:
    """The arrays by name.

    Members that are stored as they are (`numpy.savez`) are mapped from the archive. Compressed ones
    (`numpy.savez_compressed`) are held in memory where all of them together are no larger than files that are not
    streamed; else each is unpacked once into a temporary file without name, which is mapped and vanishes with the
    process. That needs as much room in the folder of temporary files (`TMPDIR`) as the arrays have.

    Raises:
      ValueError, OSError, zipfile.BadZipFile: it is no archive of plain arrays, or there is no room to unpack it.
    """
    with zipfile.ZipFile(filename) as archive, np.load(filename, allow_pickle=False) as loaded:
        members = [info for info in archive.infolist() if info.filename.endswith(".npy")]
        packed = sum(info.file_size for info in members if info.compress_type != zipfile.ZIP_STORED)
        found: dict[str, np.ndarray] = {}
        for info in members:
            name = info.filename.removesuffix(".npy")
            is_stored = info.compress_type == zipfile.ZIP_STORED
            if not is_stored and packed <= STREAM_BYTES:
                found[name] = loaded[name]
                continue
            with archive.open(info) as member:
                form = _form(member)
                begin = member.tell()
            if form is None:
                found[name] = loaded[name]
            elif is_stored:
                with open(filename, "rb") as file:
                    found[name] = _mapped(file, _data_offset(file, info) + begin, form)
            else:
                with archive.open(info) as member, tempfile.TemporaryFile() as file:
                    shutil.copyfileobj(member, file, 1 << 20)
                    file.flush()
                    found[name] = _mapped(file, begin, form)
    return found


def _form(member: IO[bytes]) -> tuple[tuple[int, ...], str, np.dtype[Any]] | None:
    """Shape, order and dtype of an array that can be mapped, its file read up to the first value."""
    read = _HEADERS.get(np.lib.format.read_magic(member))
    if read is None:
        return None
    shape, is_fortran, dtype = read(member)
    return (shape, "F" if is_fortran else "C", dtype) if not dtype.hasobject and np.prod(shape) and shape else None


def _data_offset(file: IO[bytes], info: zipfile.ZipInfo) -> int:
    """Where a member's bytes begin: behind its local header, whose length differs from that in the directory."""
    file.seek(info.header_offset + _NAME_AND_EXTRA)
    return info.header_offset + _LOCAL_HEADER + sum(struct.unpack("<HH", file.read(4)))


def _mapped(file: IO[bytes], offset: int, form: tuple[tuple[int, ...], str, np.dtype[Any]]) -> np.ndarray:
    shape, order, dtype = form
    return np.memmap(file, dtype=dtype, mode="r", offset=offset, shape=shape, order="F" if order == "F" else "C")
