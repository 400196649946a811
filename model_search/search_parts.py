"""What every trial of a search needs."""

import threading
from dataclasses import dataclass, field

import tensorflow as tf

from .controller import Controller
from .data.pipeline import Pipeline
from .retention import Retention
from .spec import SearchSpec
from .study import History, Study
from .training.inference import Network
from .training.options import TrainingOptions
from .training.teacher_outputs import TeacherOutputs
from .trial_store.contract import TrialStore


@dataclass(frozen=True)
class Search:
    """All that a trainer needs to run trials of a study.

    Attributes:
      refit: whether the best network is trained once more on all examples when the search is over.
      stop: set from another thread or a signal handler to end the running trial within about a second.
      retention: what removes the heavy files of trials that nobody needs any more.
      teacher_outputs: what teachers say of the training examples, as far as it is kept.
      teacher: a network that teaches every trial, on this data; None where suggestions say who teaches.
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
    retention: Retention
    teacher_outputs: TeacherOutputs = field(default_factory=TeacherOutputs)
    teacher: Network | None = None
