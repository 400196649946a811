"""What happens once when a search is over."""

import logging

from .composed_model import model_file_of
from .errors import TrialError
from .final_test import score_best_on_test
from .refit import refit_best
from .search_parts import Search


def conclude(search: Search) -> None:
    """Trains the best network on all examples where that was asked for, and scores the model that results.

    The best trial's own model is there afterwards, also where it is an ensemble that nobody has asked for yet.
    """
    for best in search.store.best(search.study.id, 1):
        search.store.bring_files(search.study.id, best.number)
    if search.refit:
        refit_best(search)
    _write_best_model(search)
    if not search.stop.is_set():
        score_best_on_test(search)


def _write_best_model(search: Search) -> None:
    for trial in search.store.best(search.study.id, 1):
        try:
            model_file_of(search.store, search.study, search.model_dir, trial)
        except TrialError as error:
            logging.getLogger(__name__).warning("the best trial, %d, has no model: %s", trial.number, error)
