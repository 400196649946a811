"""The last step of a search: the best network, trained once more on all examples.

Trials learn from the training part and are ranked by the part that was held out for it. Once the choice is made, those
examples may be learned from too, as scikit-learn's searches do (`refit` of `GridSearchCV`).
"""

import json
import logging
import time
from typing import Any

import keras

from . import files
from .composed_model import composed
from .data.joined import JoinedProvider
from .data.pipeline import Pipeline
from .ensemble_networks import is_combined_only
from .errors import TrialError
from .model_dir import REFIT_FOLDER, REFIT_REPORT, refitted_model
from .network.tower import Tower
from .prepare_trial import build, seed_of
from .result_trial import result_trial
from .run_trial import served
from .search_parts import Search
from .spec import trial_steps
from .start_weights import shares_in, started_from
from .study import Suggestion, Trial
from .teaching import teaching_of
from .training.artifacts import MODEL, trial_folder, write_model
from .training.checkpoint import CHECKPOINT
from .training.failures import as_trial_error
from .training.fit import Fit, InterruptedTraining, fit
from .training.loop import report_steps
from .transfer.report import read_report


def refit_best(search: Search) -> str | None:
    """Trains the best trial's network on training and evaluation examples together and writes `refit/model.keras`.

    The same architecture, hyperparameters, steps, seed and teacher as the trial's. Of a mean of trained towers each one
    is trained so; other ensembles stay as they are: their parts were trained one after another. Does nothing where that
    has been done for the trial before. A training that fails leaves the trial's own model as the best one.

    Returns:
      Path of the model; None where no trial has completed or the training failed or was stopped.
    """
    best = result_trial(search.store, search.study)
    if best is None:
        return None
    done = refitted_model(search.model_dir, best.number)
    if done:
        return done
    try:
        return _refit(search, best)
    except InterruptedTraining:
        return None
    except TrialError as error:
        logging.getLogger(__name__).warning("training on all examples failed: %s", error)
        return None


def _start_as_the_trial(search: Search, trial: Trial, suggestion: Suggestion, tower: Tower) -> float:
    """Sets what the trial started from, training that the steps to come build on; gives the rate's factor.

    Raises:
      TrialError: it is gone.
    """
    report = read_report(trial_folder(search.model_dir, trial.number))
    if report is None or all(origin.error for origin in report.origins):
        return 1.0
    again = started_from(search, suggestion, tower, shares_in(report))
    if again is None or again.parameters < report.parameters:
        raise TrialError(f"the weights that trial {trial.number} started from are gone")
    return again.rate_factor


def _refit(search: Search, trial: Trial) -> str:
    """Trains the trial's network, or each member of its ensemble, on all examples and writes model and report."""
    begin = time.monotonic()
    assert trial.suggestion is not None
    folder = files.join(search.model_dir, REFIT_FOLDER)
    files.make_folder(folder)
    if not trial.suggestion.members:
        report = _train(search, trial, folder)
    elif is_combined_only(search, trial.suggestion):
        report = {"members": _train_members(search, trial.suggestion, folder)}
    else:
        raise TrialError(
            f"trial {trial.number} is an ensemble with parts that were trained together; it stays as it is"
        )
    report = {"trial": trial.number, **report, "seconds": round(time.monotonic() - begin, 3)}
    files.write_atomically(files.join(folder, REFIT_REPORT), json.dumps(report, indent=1).encode())
    return files.join(folder, MODEL)


def _train_members(search: Search, suggestion: Suggestion, folder: str) -> list[dict[str, Any]]:
    """Trains each member of an ensemble on all examples and puts what results together."""
    reports, paths = [], []
    for number in suggestion.members:
        member = search.store.trial(search.study.id, number)
        assert member is not None
        own = files.join(folder, "members", str(number))
        files.make_folder(own)
        reports.append({"trial": number, **_train(search, member, own)})
        paths.append(files.join(own, MODEL))
    write_model(folder, composed(search.model_dir, search.study, paths))
    return reports


def _train(search: Search, trial: Trial, folder: str) -> dict[str, Any]:
    """Trains the network of a trial on all examples, writes its model into a folder, and gives a report."""
    assert trial.suggestion is not None
    seed = seed_of(search, trial.number)
    steps = trial_steps(search.spec, trial.suggestion.architecture, search.options.train_steps)
    pipeline = Pipeline(JoinedProvider(search.pipeline.provider), search.options.batch_size)
    tower = build(search, trial.suggestion, seed)
    factor = _start_as_the_trial(search, trial, trial.suggestion, tower)
    plan = Fit(
        search.spec, trial.suggestion, pipeline, search.options, search.strategy, steps, seed,
        files.join(folder, f"{trial.number}-{CHECKPOINT}"),
        teaching=teaching_of(search, trial.suggestion, trial.number, pipeline),
        rate_factor=factor,
    )  # fmt: skip
    losses: dict[int, float] = {}
    marks = set(report_steps(steps))

    def progress(step: int, loss: float) -> None:
        if step in marks:
            losses[step] = loss
        if search.stop.is_set() and step < steps:
            raise InterruptedTraining(f"the training on all examples was interrupted at step {step}")

    try:
        fit(plan, tower, progress)
        with served(search, tower) as model:
            write_model(folder, model)
    except (InterruptedTraining, TrialError):
        raise
    except Exception as error:
        raise as_trial_error(error) from error
    finally:
        keras.utils.clear_session()
    examples = pipeline.provider.describe().train_examples
    return {"examples": examples, "steps": steps, "training_loss": losses}
