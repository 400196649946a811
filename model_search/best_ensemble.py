"""The best ensemble of all finished trials, at any moment of a search, from what they have stored."""

import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from . import files
from .data.signature import from_json
from .data.trees import leaves
from .ensemble_selection import Judged, halves, selected
from .errors import StudyError, TrialError, UsageError
from .model_dir import SIGNATURE_FILE
from .stacking import combined, shares_of, stacked
from .study import TOWER_KINDS, Study, Trial
from .training.evaluation_labels import LogitsError, read_labels, read_logits
from .training.metrics import evaluate
from .trial_store.contract import TrialStore

if TYPE_CHECKING:
    import keras

METHODS = ("greedy", "stacking")
FOLDER = "ensemble"
MODEL = "model.keras"
REPORT = "ensemble.json"

CANDIDATES = 100
"""So many of the best trials are looked at."""

_FEWEST = 20  # examples in each half


@dataclass(frozen=True)
class BestEnsemble:
    """An ensemble that was selected on one half of the evaluation data and judged on the other.

    Attributes:
      members: how often each trial is in, by number; once each where they are weighed.
      method: `greedy` or `stacking`.
      is_plain: whether it is the mean of its members, each so often; of stacking, where nothing was clearly better.
      metrics: on the half that judges.
      single: number of the single trial that is best on the half that is selected by.
      single_metrics: of that one on the half that judges.
      weights: of the members' logits, in the order of the members, by task (empty for a single one).
      paths: models of the members.
    """

    members: Mapping[int, int]
    method: str
    is_plain: bool
    metrics: Mapping[str, float]
    single: int
    single_metrics: Mapping[str, float]
    weights: Mapping[str, np.ndarray]
    paths: Mapping[int, str]
    _compose: "Callable[[BestEnsemble], keras.Model]"

    @property
    def text(self) -> str:
        """`3, 5 (2 times)`, or with weights `3 (0.6123), 5 (0.5020)`; of several tasks those of the first.

        Says where stacking found no weights that are better than those of the mean.
        """
        if self.method == "stacking":
            first = next(iter(self.weights.values()))
            parts = [f"{number} ({weight:.4f})" for number, weight in zip(self.members, first, strict=True)]
            if self.is_plain:
                return f"{', '.join(parts)}, their mean, since no other weights are clearly better,"
        else:
            parts = [f"{n} ({count} times)" if count > 1 else str(n) for n, count in self.members.items()]
        return ", ".join(parts)

    def model(self) -> "keras.Model":
        """One Keras model: raw features to probabilities, or to values in the label's unit. Raises `StudyError`."""
        return self._compose(self)


def best_ensemble(
    store: TrialStore, study: Study, model_dir: str, size: int = 10, method: str = "greedy"
) -> BestEnsemble:
    """Selects an ensemble of all finished trials with towers.

    Args:
      store, study, model_dir: of the search.
      size: members at most, repeated ones counted.
      method: `greedy` selection with replacement, or `stacking` the trials that it selects.

    Raises:
      UsageError: fewer than two trials have completed with all that is needed, or the evaluation data have too few
        examples, or no logits are stored of such a task.
    """
    if size < 1:
        raise UsageError(f"--ensemble_size={size} is too small: at least 1")
    if method not in METHODS:
        raise UsageError(f"--ensemble_method={method} is not known; it can be {' or '.join(METHODS)}")
    task = from_json(json.loads(files.read_bytes(files.join(model_dir, SIGNATURE_FILE)) or b"{}")).task
    paths, everything = _candidates(store, study, model_dir)
    first, second = halves(len(leaves(everything.labels)[0]), study.config.seed)
    if len(second) < _FEWEST:
        raise UsageError(f"the evaluation data have {len(first) + len(second)} examples, too few to select by a half")
    known, judge = everything.rows(first), everything.rows(second)
    counts = selected(task, known, size)
    # Models are read of those selected alone: they are the large files.
    while damaged := {number for number in counts if not files.is_whole_archive(paths[number])}:
        known = known.without(damaged)
        if len(known.logits) < 2:
            raise UsageError(f"an ensemble needs two undamaged models, {model_dir} has {len(known.logits)}")
        counts = selected(task, known, size)
    (single,) = selected(task, known, 1)
    plain, is_plain = shares_of(task, counts), True
    if method == "stacking":
        weights = stacked(task, known, counts)
        is_plain = all(np.array_equal(of_task, plain[name]) for name, of_task in weights.items())
        in_use = np.any([of_task > 0 for of_task in weights.values()], axis=0)
        weights = {name: of_task[in_use] for name, of_task in weights.items()}
        counts = {number: 1 for number, is_used in zip(sorted(counts), in_use, strict=True) if is_used}
    else:
        weights = plain
    together = combined([judge.logits[number] for number in sorted(counts)], weights)
    return BestEnsemble(
        members=dict(sorted(counts.items())),
        method=method,
        is_plain=is_plain,
        metrics=evaluate(task, together, judge.labels, judge.weights),
        single=single,
        single_metrics=evaluate(task, judge.logits[single], judge.labels, judge.weights),
        weights=weights,
        paths={number: paths[number] for number in sorted(counts)},
        _compose=functools.partial(_model, model_dir, study),
    )


def _candidates(store: TrialStore, study: Study, model_dir: str) -> tuple[dict[int, str], Judged]:
    """Models and logits of the best trials that have both."""
    known = read_labels(model_dir)
    if known is None:
        raise UsageError(
            f"{model_dir} has no evaluation labels: searches for labels of steps keep none of their logits"
        )
    paths, logits = {}, {}
    for trial in store.best(study.id, CANDIDATES, TOWER_KINDS):
        store.bring_files(study.id, trial.number)
        path = _path(model_dir, trial)
        if path and files.exists(path):
            try:
                logits[trial.number] = read_logits(model_dir, trial.number)
            except LogitsError:
                continue
            paths[trial.number] = path
    if len(logits) < 2:
        raise UsageError(f"an ensemble needs two completed trials with a model and evaluation logits, {model_dir} has "
                         f"{len(logits)}")  # fmt: skip
    return paths, Judged(logits, known.labels, known.weights)


def _path(model_dir: str, trial: Trial) -> str:
    return files.join(model_dir, trial.result.model) if trial.result and trial.result.model else ""


def _model(model_dir: str, study: Study, ensemble: BestEnsemble) -> "keras.Model":
    from .composed_model import composed, weighted

    try:
        return composed(model_dir, study, list(ensemble.paths.values()), weighted(ensemble.weights))
    except TrialError as error:
        raise StudyError(f"the ensemble cannot be put together: {error}") from None


def write_ensemble(model_dir: str, ensemble: BestEnsemble) -> str:
    """Writes the model and a report of an ensemble into the model directory; the model's path."""
    from .training.artifacts import keras_bytes

    folder = files.join(model_dir, FOLDER)
    files.make_folder(folder)
    files.write_atomically(files.join(folder, MODEL), keras_bytes(ensemble.model()))
    report = {
        "method": ensemble.method,
        "members": dict(ensemble.members),
        "weights": {name: of_task.tolist() for name, of_task in ensemble.weights.items()},
        "metrics": dict(ensemble.metrics),
        "single": ensemble.single,
        "single_metrics": dict(ensemble.single_metrics),
    }
    files.write_atomically(files.join(folder, REPORT), json.dumps(report, indent=1).encode())
    return files.join(folder, MODEL)
