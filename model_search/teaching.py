"""Who teaches a trial: the teacher, rebuilt from the files of its trial, or its outputs where these are enough."""

import functools
import logging
from collections.abc import Callable

from .data.pipeline import Pipeline
from .errors import TrialError
from .model_dir import UNTAUGHT, add_note, is_untaught
from .search_parts import Search
from .spec.distillation import lesson_of
from .stored_networks import stored_network
from .study import Suggestion
from .training.inference import Network
from .training.teaching import Teaching

OUTSIDE = 0
"""Stands for the number of a teacher that is no trial of the search."""


def _giving(network: Network) -> Callable[[], Network]:
    return lambda: network


def teaching_of(search: Search, suggestion: Suggestion, number: int, pipeline: Pipeline) -> Teaching | None:
    """What trial `number` is taught on the pipeline's training examples; None without a teacher, also where that one
    was lost when the training began: once untaught, a trial stays so.

    Raises:
      TrialError: the teacher's files are gone or damaged, or it cannot be built any more.
    """
    lesson = lesson_of(search.spec, number)
    if search.teacher is not None:
        teacher, rebuilt = OUTSIDE, _giving(search.teacher)
    elif suggestion.teacher is not None and not is_untaught(search.model_dir, number):
        teacher, rebuilt = suggestion.teacher, functools.partial(stored_network, search, suggestion.teacher)
    else:
        return None
    outputs = search.teacher_outputs.of(teacher, pipeline, rebuilt)
    return Teaching(lesson, outputs) if outputs is not None else Teaching(lesson, network=rebuilt())


def teaching_or_note(search: Search, suggestion: Suggestion, number: int, pipeline: Pipeline) -> Teaching | None:
    """The same, but a trial whose teacher is lost learns from the labels alone, and a note of the trial says so."""
    try:
        return teaching_of(search, suggestion, number, pipeline)
    except TrialError as error:
        note = f"{UNTAUGHT}, only by the labels: its teacher, trial {suggestion.teacher}, is lost: {error}"
        logging.getLogger(__name__).warning("trial %d was %s", number, note)
        add_note(search.model_dir, number, note)
        return None
