"""Finding image files: each file's header checked."""

from collections.abc import Sequence

from ..files.file_scan import FileKind, paths_below

EXTENSIONS = (".jpg", ".jpeg", ".png", ".bmp", ".gif")
SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"BM", b"GIF8")
"""First bytes of what TensorFlow decodes: JPEG, PNG, BMP, GIF. Pillow's header check takes six times as long."""


def problems_of(paths: Sequence[str]) -> list[str]:
    """What is wrong with each file, empty where it begins as an image of a known format; reads a few bytes of each."""
    return ["" if _is_readable(path) else "no image" for path in paths]


IMAGES = FileKind("image", EXTENSIONS, problems_of)


def is_image_name(path: str) -> bool:
    """Whether a file's name ends as an image's."""
    return IMAGES.is_name(path)


def image_paths(root: str) -> list[str]:
    """Images below a folder, sorted, whatever sub-folders they are in.

    Raises:
      UsageError: it is no folder, or holds no image.
    """
    return paths_below(root, IMAGES)


def _is_readable(path: str) -> bool:
    try:
        with open(path, "rb", buffering=0) as stream:
            return stream.read(8).startswith(SIGNATURES)
    except OSError:
        return False


def is_cut_off(path: str) -> bool:
    """Whether a file cannot be read, or is a JPEG without an end.

    libjpeg refuses such a JPEG too, but writes to the standard error that it was called improperly.
    """
    try:
        with open(path, "rb", buffering=0) as stream:
            if stream.read(2) != b"\xff\xd8":
                return False
            content = stream.read()
    except OSError:
        return True
    scan_start = content.find(b"\xff\xda")
    return scan_start < 0 or content.rfind(b"\xff\xd9") < scan_start
