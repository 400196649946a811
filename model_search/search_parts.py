"""What every trial of a search needs."""

import threading
from dataclasses import dataclass

import tensorflow as tf

from .controller import Controller
from .data.pipeline import Pipeline
from .spec import SearchSpec
from .study import History, Study
from .training.options import TrainingOptions
from .trial_store.contract import TrialStore


@dataclass(frozen=True)
class Search:
    """All that a trainer needs to run trials of a study.

    Attributes:
      refit: whether the best network is trained once more on all examples when the search is over.
      stop: set from another thread or a signal handler to end the running trial within about a second.
    """

    store: TrialStore
    study: Study
    history: History
    spec: SearchSpec
    controller: Controller
    pipeline: Pipeline
    options: TrainingOptions
    strategy: tf.distribute.Strategy
    model_dir: str
    refit: bool
    stop: threading.Event
