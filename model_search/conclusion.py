"""What happens once when a search is over."""

import logging

from .composed_model import model_file_of
from .errors import TrialError
from .final_test import score_best_on_test
from .refit import refit_best
from .result_trial import result_trial
from .search_parts import Search
from .study import Trial


def conclude(search: Search) -> None:
    """Trains the best network on all examples where that was asked for, and scores the model that results.

    The best trial's own model is there afterwards, also where it is an ensemble that nobody has asked for yet.
    """
    best = result_trial(search.store, search.study)
    if best is None:
        return
    search.store.bring_files(search.study.id, best.number)
    if search.refit:
        refit_best(search)
    _write_model(search, best)
    if not search.stop.is_set():
        score_best_on_test(search)


def _write_model(search: Search, trial: Trial) -> None:
    try:
        model_file_of(search.store, search.study, search.model_dir, trial)
    except TrialError as error:
        logging.getLogger(__name__).warning("the best trial, %d, has no model: %s", trial.number, error)
