"""Labels of files in a table of their own: a CSV file with a column of file names and one for each label."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...errors import UsageError
from ...words import counted
from ..tables.csv_file import CsvFile, file_digest, read_sample
from ..tables.csv_layout import Layout, column_names, infer_delimiter, split_rows
from ..tables.frames import Table
from .file_labels import Naming
from .file_scan import FileKind, Scan, few, files_below, readable, require_folder, scan_of

FILE_COLUMNS = ("file", "filename", "file_name", "path")
"""What the column of file names is called; where no column is, it is the first."""


@dataclass(frozen=True)
class LabelsFile:
    """A table of labels.

    Attributes:
      table: all rows, indexed by line.
      column: of file names.
      places: row by name of the file, relative to the folder and with slashes.
      digest: of the content.
    """

    table: Table
    column: str
    places: dict[str, int]
    digest: str

    @property
    def labels(self) -> tuple[str, ...]:
        """All columns but that of file names."""
        return tuple(name for name in self.table.frame.columns if name != self.column)

    def place_of(self, name: str) -> int | None:
        """The row of a file, whose name stands there with or without its extension; None where there is none."""
        return self.places.get(name, self.places.get(os.path.splitext(name)[0]))


@dataclass(frozen=True)
class Listed:
    """Files of one folder that a table lists.

    Attributes:
      scan: the files; without labels and classes.
      table: their rows, with the paths in the column of file names.
      places: which rows of the labels file these are.
      labels: the labels file.
    """

    scan: Scan
    table: Table
    places: tuple[int, ...]
    labels: LabelsFile


def labels_path(root: str, name: str) -> str:
    """The labels file of a folder: the one of this name in the folder, else the one that the name alone means."""
    inside = os.path.join(root, name)
    return inside if os.path.isfile(inside) else name


def read_labels(filename: str) -> LabelsFile:
    """Reads a labels file, whose first row names the columns.

    Raises:
      UsageError: it cannot be read, has no label column, or a file is there twice.
    """
    sample = read_sample(filename)
    delimiter = infer_delimiter(sample)
    columns = column_names(split_rows(sample, delimiter)[0])
    if len(columns) < 2:
        raise UsageError(
            f"{filename} has one column, {columns[0]!r}; expected one of file names and one for each label"
        )
    table = Table.of(CsvFile(filename, Layout(delimiter, True, columns)).read(), filename)
    column = next((name for name in FILE_COLUMNS if name in columns), columns[0])
    places: dict[str, int] = {}
    for place, (row, cell) in enumerate(table.frame[column].items()):
        name = os.path.normpath(cell).replace(os.sep, "/")
        if name in places:
            raise UsageError(f"{filename}, row {row}: file {cell!r} is there twice")
        places[name] = place
    return LabelsFile(table, column, places, file_digest(filename))


def scan_listed(root: str, kind: FileKind, naming: Naming, labels: LabelsFile) -> Listed:
    """Finds the files of a folder that a table lists, and checks the start of each.

    Raises:
      UsageError: the folder is missing, no file of it is listed, none can be read, or the table has no header.
    """
    require_folder(root)
    everything = sorted(files_below(root))
    ours = {path: os.path.relpath(path, root).replace(os.sep, "/") for path, _ in everything if kind.is_name(path)}
    if labels.column in ours.values():
        raise UsageError(
            f"{labels.table.source} has no header; its first row must name the columns, such as file,label"
        )
    rows = {path: place for path, name in ours.items() if (place := labels.place_of(name)) is not None}
    if not rows:
        found = f"such as {next(iter(ours.values()))}" if ours else f"expected {', '.join(kind.extensions)}"
        raise UsageError(
            f"{labels.table.source}: no row names one of the {len(ours)} {kind.noun}s below {root}, {found}; column"
            f" {labels.column!r} has {few(list(labels.places))}"
        )
    kept, unreadable = readable(root, kind, [(path, size) for path, size in everything if path in rows])
    source = os.path.abspath(labels.table.source)
    strays = [path for path, _ in everything if path not in ours and os.path.abspath(path) != source]
    unlabelled = [path for path in ours if path not in rows]
    found_rows = [rows[path] for path, _ in kept]
    paths = [path for path, _ in kept]
    table = labels.table.rows(np.array(found_rows))
    table = Table(table.frame.assign(**{labels.column: paths}), table.source)
    scan = scan_of(root, kind, kept, naming.groups(paths), (unreadable, strays, unlabelled))
    return Listed(scan, table, tuple(found_rows), labels)


def require_separate_rows(folders: Sequence[Listed]) -> None:
    """Refuses a row that names files of two folders: their labels would be the same.

    Raises:
      UsageError: names the file and both folders.
    """
    owner: dict[tuple[str, int], str] = {}
    for folder in folders:
        source = folder.labels.table.source
        for place in folder.places:
            other = owner.setdefault((source, place), folder.scan.root)
            if other != folder.scan.root:
                name = list(folder.labels.places)[place]
                raise UsageError(
                    f"{source} names {name}, which is in {other} and in {folder.scan.root}; put a"
                    f" {os.path.basename(source)} into each folder"
                )


def rows_without_file(folders: Sequence[Listed]) -> list[str]:
    """Notes on rows of the labels files that name no file."""
    used: dict[str, set[int]] = {}
    for folder in folders:
        used.setdefault(folder.labels.table.source, set()).update(folder.places)
    notes = []
    for labels in {folder.labels.table.source: folder.labels for folder in folders}.values():
        missing = [name for name, place in labels.places.items() if place not in used[labels.table.source]]
        if missing:
            said = counted(len(missing), "row names", "rows name")
            notes.append(f"{labels.table.source}: {said} no file that can be read: {few(missing)}")
    return notes
