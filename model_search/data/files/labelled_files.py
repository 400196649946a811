"""Files of all parts with their labels, wherever these stand: in folders, in names, or in a table."""

import numpy as np

from ...errors import UsageError
from ..example_labels import weighted
from ..provider import DataOptions, Task
from ..split import Split, stratified
from ..tables.coders import PartCoder, TasksCoder, coder_for
from ..tables.frames import Table
from ..tables.table_inputs import TableInputs
from ..tables.tabular import describe_columns
from ..targets import LabelColumns, coded_labels, label_columns, strata_of, task_of, with_labels
from .file_labels import Naming, grouped
from .file_parts import FileList, FileParts, file_parts, group_columns
from .file_scan import FileKind, require_separate_groups, scan_files
from .labels_file import Listed, labels_path, read_labels, require_separate_rows, rows_without_file, scan_listed


def labelled_files(options: DataOptions, kind: FileKind) -> FileParts:
    """Finds files of a kind with their labels, and splits what has no folder of its own.

    Raises:
      UsageError: a folder or a table is missing or unusable, a part would be empty, or an option has no meaning.
    """
    naming = Naming.of(options)
    if options.labels_filename:
        if options.label_pattern:
            raise UsageError(f"label_pattern {options.label_pattern!r} has no meaning beside labels_filename")
        return _listed_parts(options, kind, naming)
    hint = f"needs labels_filename, a CSV file with the names of {kind.noun}s in one column and labels in others"
    if options.tasks:
        raise UsageError(f"multi_task_spec {hint}")
    for name in ("label", "weight"):
        if getattr(options, name):
            raise UsageError(f"{name} {getattr(options, name)!r} {hint}")
    if options.task not in ("", "classification"):
        raise UsageError(f"task {options.task!r} {hint}")
    return file_parts(options, lambda root, classes: scan_files(root, kind, naming, classes))


def _listed_parts(options: DataOptions, kind: FileKind, naming: Naming) -> FileParts:
    roots = [options.filename, options.validation_filename, options.test_filename]
    found = [_listed(root, options, kind, naming) if root or not place else None for place, root in enumerate(roots)]
    folders = [folder for folder in found if folder]
    scans = tuple(folder.scan for folder in folders)
    require_separate_rows(folders)
    require_separate_groups(scans)
    train, notes = folders[0], rows_without_file(folders)
    columns = label_columns(train.labels.labels, options, train.table.source)
    tables = [_with_labels(folder, columns, options, notes) if folder else None for folder in found]
    assert tables[0] is not None
    task, inferred = task_of(tables[0], columns, options)
    split = _split(tables[0], train.labels.column, task, options, naming, [table is not None for table in tables[1:]])
    parts = [tables[0].rows(split.train)]
    parts += [
        table or tables[0].rows(rows) for table, rows in zip(tables[1:], (split.evaluation, split.test), strict=True)
    ]
    if not len(parts[1].frame):
        raise UsageError("no evaluation data: give a validation folder or a validation_fraction above 0")
    coder = coder_for(TableInputs(()), task, parts[0], columns, options.class_weight)
    listed = [folder or train for folder in found]
    lists = [
        _file_list(weighted(part, parts[0], columns.weights), folder.labels.column, coder, place == 0)
        for place, (part, folder) in enumerate(zip(parts, listed, strict=True))
    ]
    chosen, held_out, tested = (one.shuffled(options.seed) for one in lists)
    lines = (*describe_columns((), coder.task, columns.weights), *group_columns(options))
    digest = "+".join(dict.fromkeys(folder.labels.digest for folder in folders))
    return FileParts(coder.task, chosen, held_out, tested, scans, lines, digest, (*notes, *inferred))


def _listed(root: str, options: DataOptions, kind: FileKind, naming: Naming) -> Listed:
    return scan_listed(root, kind, naming, read_labels(labels_path(root, options.labels_filename)))


def _with_labels(folder: Listed, columns: LabelColumns, options: DataOptions, notes: list[str]) -> Table:
    """The rows with labels; held-out ones need no weights."""
    for name in columns.labels:
        if name not in folder.table.frame.columns:
            raise UsageError(
                f"{folder.table.source} has no label column {name!r}; it has {', '.join(folder.labels.labels)}"
            )
    return with_labels(folder.table, columns, options, notes)


def _split(table: Table, column: str, task: Task, options: DataOptions, naming: Naming, held_out: list[bool]) -> Split:
    """A split of the training rows, stratified by labels, in which no group is in two parts."""
    shares = (options.validation_fraction, options.test_fraction)
    evaluation, test = (0.0 if given else share for given, share in zip(held_out, shares, strict=True))
    strata = strata_of(coded_labels(table, task), task)
    groups = naming.groups(table.frame[column].tolist())
    if groups:
        return grouped(strata, groups, evaluation, test, options.seed)
    return stratified(strata, evaluation, test, options.seed)


def _file_list(table: Table, column: str, coder: PartCoder | TasksCoder, is_train: bool) -> FileList:
    if not len(table.frame):
        return FileList(np.zeros(0, dtype=object), np.zeros(0, np.float32), np.zeros(0, np.float32))
    part = coder.part(table, training=is_train)
    return FileList(table.frame[column].to_numpy(dtype=object), part.labels, part.weights)
