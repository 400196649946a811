"""Labelled files in training, evaluation and test parts, as the options of a command say."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ...errors import UsageError
from ..labels import class_weights
from ..provider import Column, DataOptions, Task, TaskKind
from ..targets import label_counts
from ..trees import Tree, mapped
from .file_scan import Scan, require_separate_groups


@dataclass(frozen=True)
class FileList:
    """Files of one part with labels and weights as `Provider` has them."""

    paths: np.ndarray
    labels: Tree
    weights: Tree

    def shuffled(self, seed: int) -> "FileList":
        """The same files in another order."""
        order = np.random.default_rng(seed).permutation(len(self.paths))
        labels, weights = (mapped(lambda array: array[order], tree) for tree in (self.labels, self.weights))
        return FileList(self.paths[order], labels, weights)


@dataclass(frozen=True)
class FileParts:
    """Files of all parts, each in an order of the seed.

    Attributes:
      task: classification, or what the labels of a table make.
      train, evaluation, test: the parts; that for tests may be empty.
      scans: what was found in the training folder, then in held-out folders.
      columns: where labels, weights and groups come from.
      labels_digest: of the table of labels; empty where there is none.
      labels_notes: what was odd in that table, in words.
    """

    task: Task
    train: FileList
    evaluation: FileList
    test: FileList
    scans: tuple[Scan, ...]
    columns: tuple[Column, ...]
    labels_digest: str = ""
    labels_notes: tuple[str, ...] = ()

    def label_counts(self) -> dict[str, int]:
        """Training files of each class."""
        return label_counts(self.train.labels, self.task)

    def notes(self) -> list[str]:
        """What was odd in the folders, in words."""
        return [*(note for found in self.scans for note in found.notes()), *self.labels_notes]

    def digests(self) -> str:
        """A word that changes with the names and sizes of the files, and with a table of labels."""
        labels = f" labels:{self.labels_digest}" if self.labels_digest else ""
        return "+".join(found.digest for found in self.scans) + labels

    def sizes(self) -> str:
        """How many files each part has."""
        return "+".join(str(len(part.paths)) for part in (self.train, self.evaluation, self.test))


def require_classes(options: DataOptions, what: str) -> None:
    """Raises `UsageError` where another task is asked for than one class a file."""
    if options.task not in ("", "classification"):
        raise UsageError(f"task {options.task!r} has no meaning for {what} folders, where each file has one class")


def file_parts(options: DataOptions, scan: Callable[[str, Sequence[str] | None], Scan]) -> FileParts:
    """Scans the folders of the options and splits what has no folder of its own.

    Args:
      options: with the folders, the split and the class weights.
      scan: lists a folder; its second argument are the classes of the training data, for held-out ones.

    Raises:
      UsageError: a folder is missing or holds no usable files, or a part would be empty.
    """
    train = scan(options.filename, None)
    held_out = [options.validation_filename, options.test_filename]
    scans = [scan(name, train.classes) if name else None for name in held_out]
    all_scans = (train, *(found for found in scans if found))
    require_separate_groups(all_scans)
    evaluation = 0.0 if scans[0] else options.validation_fraction
    test = 0.0 if scans[1] else options.test_fraction
    split = train.split(evaluation, test, options.seed)
    task = Task(TaskKind.CLASSIFICATION, "class", train.classes)
    counts = np.bincount(np.array(train.labels)[split.train], minlength=len(task.classes))
    weights = class_weights(options.class_weight, task, counts.tolist())
    training = _list(train, split.train, weights)
    held_out_files = _list(scans[0]) if scans[0] else _list(train, split.evaluation)
    tested = _list(scans[1]) if scans[1] else _list(train, split.test)
    if not len(held_out_files.paths):
        raise UsageError("no evaluation data: give a validation folder or a validation_fraction above 0")
    parts = [part.shuffled(options.seed) for part in (training, held_out_files, tested)]
    return FileParts(task, parts[0], parts[1], parts[2], all_scans, naming_columns(options))


def _list(found: Scan, rows: np.ndarray | None = None, weights: np.ndarray | None = None) -> FileList:
    paths, labels = np.array(found.paths, dtype=object), np.array(found.labels, dtype=np.int32)
    if rows is not None:
        paths, labels = paths[rows], labels[rows]
    return FileList(paths, labels, (np.ones(len(found.classes)) if weights is None else weights)[labels].astype("f4"))


def naming_columns(options: DataOptions) -> tuple[Column, ...]:
    """Where labels and groups come from, for `Description.columns`."""
    label = f"'{options.label_pattern}' in the name of the file" if options.label_pattern else "name of the folder"
    return (Column("class", "label", label), *group_columns(options))


def group_columns(options: DataOptions) -> tuple[Column, ...]:
    """Where groups come from."""
    group = f"'{options.group_pattern}' in the name of the file; none is in two parts"
    return (Column("group", "group", group),) if options.group_pattern else ()


def choices(options: DataOptions) -> str:
    """The part of a provider's identity that says how labels, parts and augmented examples are made."""
    said = f"validation={options.validation_fraction:g} test={options.test_fraction:g} seed={options.seed}"
    said += f" class_weight={options.class_weight}" if options.class_weight else ""
    of_table = ("label", "weight", "task") if options.labels_filename else ()
    for name in ("label_pattern", "group_pattern", *of_table):
        said += f" {name}={getattr(options, name)!r}" if getattr(options, name) else ""
    said += "".join(f" task={task.label}:{task.classes}:{task.weight}" for task in options.tasks)
    return said + (f" augment={','.join(options.augment)}" if options.augment else "")
