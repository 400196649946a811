"""Finding labelled files below a folder: one folder a class, or labels in the names; each file's start is checked."""

import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...errors import UsageError
from ...words import counted
from ..split import Split, stratified
from .file_labels import Naming, grouped

SHOWN = 3
"""So many of the unreadable or stray files are named."""


@dataclass(frozen=True)
class FileKind:
    """Files of a medium.

    Attributes:
      noun: what one holds: `image`, `sound`.
      extensions: ends of their names, in lower case.
      problems: what is wrong with each of some files, in words; empty where one can be read.
    """

    noun: str
    extensions: tuple[str, ...]
    problems: Callable[[Sequence[str]], list[str]]

    def is_name(self, path: str) -> bool:
        """Whether a file's name ends as this kind's."""
        return path.lower().endswith(self.extensions)


@dataclass(frozen=True)
class Scan:
    """Files of one folder tree.

    Attributes:
      root: the folder.
      noun: what a file holds.
      paths: files below it, sorted; (n,).
      labels: index of each file's class; (n,), or () where a table has the labels.
      classes: names, sorted.
      groups: of the files, (n,); empty where each file stands by itself.
      unreadable: files that are damaged or something else, with what is wrong.
      strays: files that are in no class folder or have another extension.
      unlabelled: files in whose names `label_pattern` finds no label.
      digest: of the names and sizes, 16 hexadecimal digits.
    """

    root: str
    noun: str
    paths: tuple[str, ...]
    labels: tuple[int, ...]
    classes: tuple[str, ...]
    groups: tuple[str, ...]
    unreadable: tuple[str, ...]
    strays: tuple[str, ...]
    unlabelled: tuple[str, ...]
    digest: str

    def notes(self) -> list[str]:
        """What was odd, in words."""
        pairs = (
            (f"unreadable {self.noun} is skipped", f"unreadable {self.noun}s are skipped", self.unreadable),
            (
                f"{self.noun} has no label and is skipped",
                f"{self.noun}s have no label and are skipped",
                self.unlabelled,
            ),
            ("other file is ignored", "other files are ignored", self.strays),
        )
        return [f"{self.root}: {counted(len(files), one, many)}: {few(files)}" for one, many, files in pairs if files]

    def split(self, evaluation: float, test: float, seed: int) -> Split:
        """Parts with the classes in the same proportions, and no group in two of them.

        Raises:
          UsageError: there are too few files or groups for the parts.
        """
        if self.groups:
            return grouped(np.array(self.labels), self.groups, evaluation, test, seed)
        return stratified(np.array(self.labels), evaluation, test, seed)


@dataclass(frozen=True)
class _Found:
    """Files of the kind with sizes and labels, all classes there are folders or labels for, and the others."""

    files: list[tuple[str, int, str]]
    classes: tuple[str, ...]
    strays: list[str]
    unlabelled: list[str]


def scan_files(root: str, kind: FileKind, naming: Naming, classes: Sequence[str] | None = None) -> Scan:
    """Lists the labelled files of a folder and checks the start of each.

    Args:
      root: the folder.
      kind: of the files.
      naming: where labels and groups stand.
      classes: those of the training data, for held-out folders.

    Raises:
      UsageError: it is missing or no folder, has fewer than two classes, a class that training data have not, a file
        without group, or no readable file.
    """
    require_folder(root)
    found = _by_pattern(root, kind, naming) if naming.label else _by_folder(root, kind)
    if classes is None and len(found.classes) < 2:
        what = "class in its names" if naming.label else "class folder"
        raise UsageError(f"{root} has one {what}, {found.classes[0]!r}; at least two are needed")
    unknown = [name for name in found.classes if classes is not None and name not in classes]
    if unknown:
        what = "class" if naming.label else "class folder"
        raise UsageError(f"{root} has a {what} {unknown[0]!r} that the training data have not: {few(classes or ())}")
    files = sorted(found.files)
    if not files:
        raise UsageError(
            f"{root} has no {kind.noun}s in its {len(found.classes)} folders; expected {', '.join(kind.extensions)}"
        )
    label_of = {path: label for path, _, label in files}
    kept, unreadable = readable(root, kind, [(path, size) for path, size, _ in files])
    missing = set(found.classes) - {label_of[path] for path, _ in kept}
    if classes is None and missing:
        what = "class" if naming.label else "class folder"
        raise UsageError(f"{root}: {what} {min(missing)!r} has no readable {kind.noun}")
    names = tuple(classes or found.classes)
    ids = {name: index for index, name in enumerate(names)}
    scan = scan_of(
        root, kind, kept, naming.groups([path for path, _ in kept]), (unreadable, found.strays, found.unlabelled)
    )
    return replace(scan, labels=tuple(ids[label_of[path]] for path, _ in kept), classes=names)


def readable(root: str, kind: FileKind, files: Sequence[tuple[str, int]]) -> tuple[list[tuple[str, int]], list[str]]:
    """Those of some files, paths with sizes, that can be read, and in words which cannot.

    Raises:
      UsageError: none can.
    """
    problems = kind.problems([path for path, _ in files])
    unreadable = [f"{path} ({what})" for (path, _), what in zip(files, problems, strict=True) if what]
    if len(unreadable) == len(files):
        raise UsageError(f"{root}: none of the {len(files)} {kind.noun}s can be read, such as {few(unreadable)}")
    return [file for file, what in zip(files, problems, strict=True) if not what], unreadable


def scan_of(
    root: str, kind: FileKind, kept: Sequence[tuple[str, int]], groups: tuple[str, ...], odd: Sequence[Sequence[str]]
) -> Scan:
    """A scan of files, paths with sizes, without labels and classes; `odd`: unreadable, stray and unlabelled ones."""
    lines = "\n".join(f"{os.path.relpath(path, root)} {size}" for path, size in kept)
    digest = hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    paths = tuple(path for path, _ in kept)
    return Scan(root, kind.noun, paths, (), (), groups, tuple(odd[0]), tuple(odd[1]), tuple(odd[2]), digest)


def _by_folder(root: str, kind: FileKind) -> _Found:
    folders = sorted(entry.name for entry in os.scandir(root) if entry.is_dir() and not entry.name.startswith("."))
    strays = [entry.path for entry in os.scandir(root) if not entry.is_dir()]
    if not folders:
        raise UsageError(f"{root} has no sub-folders; expected one folder of {kind.noun}s for each class")
    files: list[tuple[str, int, str]] = []
    for folder in folders:
        for path, size in files_below(os.path.join(root, folder)):
            if kind.is_name(path):
                files.append((path, size, folder))
            else:
                strays.append(path)
    return _Found(files, tuple(folders), strays, [])


def _by_pattern(root: str, kind: FileKind, naming: Naming) -> _Found:
    everything = sorted(files_below(root))
    ours = [(path, size, naming.label_of(path)) for path, size in everything if kind.is_name(path)]
    if not ours:
        raise UsageError(f"{root} has no {kind.noun}s; expected {', '.join(kind.extensions)}")
    files = [file for file in ours if file[2]]
    if not files:
        pattern = naming.label.pattern if naming.label else ""
        name = os.path.basename(ours[0][0])
        raise UsageError(f"label_pattern {pattern!r} finds no label in any of {len(ours)} names, such as {name}")
    return _Found(
        files,
        tuple(sorted({label for _, _, label in files})),
        [path for path, _ in everything if not kind.is_name(path)],
        [path for path, _, label in ours if not label],
    )


def require_folder(root: str) -> None:
    """Refuses what is no folder.

    Raises:
      UsageError: no name was given, or it is no folder that can be listed.
    """
    if not root:
        raise UsageError("no folder was given; --filename names the folder of training data")
    if not os.path.isdir(root):
        raise UsageError(f"{root} {'is a file' if os.path.exists(root) else 'does not exist'}; expected a folder")
    if not os.access(root, os.R_OK | os.X_OK):
        raise UsageError(f"{root} cannot be read: permission denied")


def files_below(folder: str) -> Iterable[tuple[str, int]]:
    """All files below a folder with their sizes, hidden ones left out."""
    for entry in os.scandir(folder):
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            yield from files_below(entry.path)
        else:
            # A link to nothing has no size; it is found to be unreadable later.
            yield entry.path, entry.stat().st_size if entry.is_file() else 0


def paths_below(root: str, kind: FileKind) -> list[str]:
    """Files of a kind below a folder, sorted, whatever sub-folders they are in.

    Raises:
      UsageError: it is no folder, or holds no such file.
    """
    require_folder(root)
    paths = sorted(path for path, _ in files_below(root) if kind.is_name(path))
    if not paths:
        raise UsageError(f"{root} has no {kind.noun}s; expected {', '.join(kind.extensions)}")
    return paths


def require_separate_groups(scans: Sequence[Scan]) -> None:
    """Refuses folders that share a group.

    Raises:
      UsageError: names the group and both folders.
    """
    owner: dict[str, str] = {}
    for found in scans:
        for group in sorted(set(found.groups)):
            if group in owner:
                raise UsageError(f"group {group!r} is in {owner[group]} and in {found.root}; expected it in one part")
        owner.update(dict.fromkeys(found.groups, found.root))


def few(names: Sequence[str]) -> str:
    """The first of some names, and how many more there are."""
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
