"""Finding image files: one folder a class, each file's header checked."""

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..errors import UsageError

EXTENSIONS = (".jpg", ".jpeg", ".png", ".bmp", ".gif")
SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"BM", b"GIF8")
"""First bytes of what TensorFlow decodes: JPEG, PNG, BMP, GIF. Pillow's header check takes six times as long."""

SHOWN = 3
"""So many of the unreadable or stray files are named."""


@dataclass(frozen=True)
class Scan:
    """Images of one folder tree.

    Attributes:
      root: the folder.
      paths: files below it, sorted; (n,).
      labels: index of each file's class; (n,).
      classes: sub-folder names, sorted.
      unreadable: files that are no image TensorFlow can decode.
      strays: files that are not in a class folder or have another extension.
      digest: of the names and sizes, 16 hexadecimal digits.
    """

    root: str
    paths: tuple[str, ...]
    labels: tuple[int, ...]
    classes: tuple[str, ...]
    unreadable: tuple[str, ...]
    strays: tuple[str, ...]
    digest: str

    def notes(self) -> list[str]:
        """What was odd, in words."""
        pairs = (("unreadable images are skipped", self.unreadable), ("other files are ignored", self.strays))
        return [f"{self.root}: {len(files)} {what}: {_few(files)}" for what, files in pairs if files]


def scan(root: str, classes: Sequence[str] | None = None) -> Scan:
    """Lists a folder with one sub-folder a class and reads each file's header.

    Args:
      root: the folder.
      classes: those of the training data, for held-out folders.

    Raises:
      UsageError: it is missing or no folder, has fewer than two classes, a class that training data have not, or no
        readable image.
    """
    require_folder(root)
    folders = sorted(entry.name for entry in os.scandir(root) if entry.is_dir() and not entry.name.startswith("."))
    strays = [entry.path for entry in os.scandir(root) if not entry.is_dir()]
    if not folders:
        raise UsageError(f"{root} has no sub-folders; expected one folder of images for each class")
    if classes is None and len(folders) < 2:
        raise UsageError(f"{root} has one class folder, {folders[0]!r}; at least two are needed")
    unknown = [name for name in folders if classes is not None and name not in classes]
    if unknown:
        raise UsageError(
            f"{root} has a class folder {unknown[0]!r} that the training data have not: {_few(classes or ())}"
        )
    names = tuple(classes or folders)
    found: list[tuple[str, int, int]] = []
    for folder in folders:
        files = list(_files(os.path.join(root, folder)))
        strays += [path for path, _ in files if not is_image_name(path)]
        found += [(path, size, names.index(folder)) for path, size in files if is_image_name(path)]
    found.sort()
    if not found:
        raise UsageError(f"{root} has no images in its {len(folders)} folders; expected {', '.join(EXTENSIONS)}")
    readable = readable_images([path for path, _, _ in found])
    if not any(readable):
        raise UsageError(
            f"{root}: none of the {len(found)} images can be read, such as {_few([p for p, _, _ in found])}"
        )
    kept = [item for item, ok in zip(found, readable, strict=True) if ok]
    _require_classes(root, kept, names, classes is None)
    lines = "\n".join(f"{os.path.relpath(path, root)} {size}" for path, size, _ in kept)
    return Scan(
        root,
        tuple(path for path, _, _ in kept),
        tuple(label for _, _, label in kept),
        names,
        tuple(path for (path, _, _), ok in zip(found, readable, strict=True) if not ok),
        tuple(strays),
        hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()[:16],
    )


def _require_classes(root: str, kept: list[tuple[str, int, int]], names: tuple[str, ...], is_training: bool) -> None:
    with_images = {label for _, _, label in kept}
    missing = [name for index, name in enumerate(names) if index not in with_images]
    if is_training and missing:
        raise UsageError(f"{root}: class folder {missing[0]!r} has no readable image")


def require_folder(root: str) -> None:
    """Refuses what is no folder.

    Raises:
      UsageError: no name was given, or it is no folder that can be listed.
    """
    if not root:
        raise UsageError("no folder was given; --filename names the folder of training images")
    if not os.path.isdir(root):
        raise UsageError(f"{root} {'is a file' if os.path.exists(root) else 'does not exist'}; expected a folder")
    if not os.access(root, os.R_OK | os.X_OK):
        raise UsageError(f"{root} cannot be read: permission denied")


def is_image_name(path: str) -> bool:
    """Whether a file's name ends as an image's."""
    return path.lower().endswith(EXTENSIONS)


def _files(folder: str) -> Iterable[tuple[str, int]]:
    """All files below a folder with their sizes, hidden ones left out."""
    for entry in os.scandir(folder):
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            yield from _files(entry.path)
        else:
            yield entry.path, entry.stat().st_size


def image_paths(root: str) -> list[str]:
    """Images below a folder, sorted, whatever sub-folders they are in.

    Raises:
      UsageError: it is no folder, or holds no image.
    """
    require_folder(root)
    paths = sorted(path for path, _ in _files(root) if is_image_name(path))
    if not paths:
        raise UsageError(f"{root} has no images; expected {', '.join(EXTENSIONS)}")
    return paths


def readable_images(paths: Sequence[str]) -> list[bool]:
    """Whether each file begins as an image of a known format; reads a few bytes of each."""
    return [_is_readable(path) for path in paths]


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


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
