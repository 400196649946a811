"""What happens once when a search is over."""

from .final_test import score_best_on_test
from .refit import refit_best
from .search_parts import Search


def conclude(search: Search) -> None:
    """Trains the best network on all examples where that was asked for, and scores the model that results."""
    for best in search.store.best(search.study.id, 1):
        search.store.bring_files(search.study.id, best.number)
    if search.refit:
        refit_best(search)
    if not search.stop.is_set():
        score_best_on_test(search)
