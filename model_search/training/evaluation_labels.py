"""What a trial's evaluation left behind, and the labels to judge it by: logits and labels in files.

Labels and weights of the evaluation part are stored once for a study, so that logits of finished trials can be combined
and scored without the data.
"""

import io
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from .. import files
from ..data.provider import Task, TaskKind
from ..data.trees import Tree, joined
from ..errors import TrialError
from .artifacts import LOGITS, trial_folder

LABELS = "evaluation_labels.npz"


class LogitsError(TrialError):
    """The evaluation logits of a trial are gone or damaged, or were never stored."""


@dataclass(frozen=True)
class EvaluationLabels:
    """Labels and weights of the evaluation part, in the order of all stored logits; dicts for several tasks."""

    labels: Tree
    weights: Tree


def keeps_logits(task: Task) -> bool:
    """Whether trials store their evaluation logits: not of steps with more than two classes, see `evaluated`."""
    return not (task.is_per_step and task.kind is TaskKind.CLASSIFICATION and task.outputs > 2)


def store_labels(model_dir: str, task: Task, batches: Iterable[tuple[Tree, Tree, Tree]]) -> None:
    """Writes labels and weights of evaluation batches into the model directory, unless they are there."""
    path = files.join(model_dir, LABELS)
    if not keeps_logits(task) or files.exists(path):
        return
    pairs = [(labels, weights) for _, labels, weights in batches]
    arrays: dict[str, np.ndarray] = {}
    for kind, trees in zip(("labels", "weights"), zip(*pairs, strict=True), strict=True):
        whole = joined(trees)
        arrays |= {f"{kind}/{name}": a for name, a in whole.items()} if isinstance(whole, dict) else {kind: whole}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    files.write_atomically(path, buffer.getvalue())


def read_labels(model_dir: str) -> EvaluationLabels | None:
    """What `store_labels` wrote; None where there is nothing readable."""
    arrays = _archive(files.join(model_dir, LABELS))
    if arrays is None:
        return None
    trees = []
    for kind in ("labels", "weights"):
        tasks = {name.removeprefix(f"{kind}/"): a for name, a in arrays.items() if name.startswith(f"{kind}/")}
        trees.append(tasks or arrays[kind])
    return EvaluationLabels(*trees)


def read_logits(model_dir: str, number: int) -> Tree:
    """The evaluation logits of a finished trial. Raises `LogitsError`."""
    found = _archive(files.join(trial_folder(model_dir, number), LOGITS))
    if found is None:
        raise LogitsError(f"the evaluation logits of trial {number} are gone or damaged")
    return found["logits"] if "logits" in found else {name.removeprefix("logits/"): a for name, a in found.items()}


def _archive(path: str) -> dict[str, np.ndarray] | None:
    """Arrays by name, each with its checksum; None where the file is gone or damaged."""
    file = files.opened(path)
    if file is None:
        return None
    try:
        with file, zipfile.ZipFile(file) as archive:
            parts = {name: io.BytesIO(archive.read(name)) for name in archive.namelist()}
            return {name.removesuffix(".npy"): np.load(part, allow_pickle=False) for name, part in parts.items()}
    except files.DAMAGE:
        return None
