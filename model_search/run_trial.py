"""The way of one trial, from its claim to its report."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import keras
import tensorflow as tf

from . import files
from .controller import Controller, SearchSpaceExhaustedError
from .data.pipeline import Pipeline
from .errors import StudyError, TrialError
from .network.heads import head_of
from .network.reloading import check_reloads
from .network.serving import forgetting_calls, serving_model
from .network.tower import Tower, build_tower
from .spec import SearchSpec, trial_steps
from .study import History, Measurement, Result, Study, Suggestion
from .training.artifacts import trial_folder, write_artifacts
from .training.checkpoint import CHECKPOINT
from .training.evaluation import evaluated
from .training.failures import as_trial_error, check_memory
from .training.fit import Fit, InterruptedTraining, fit
from .training.inference import logits_of
from .training.loop import report_steps
from .training.options import TrainingOptions
from .trial_store.contract import Claim, DuplicateSuggestionError, LeaseLostError, TrialStore
from .trial_store.heartbeat import Heartbeat

MAX_PROPOSALS = 100


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


def run_trial(search: Search, claim: Claim) -> None:
    """Runs one attempt at a trial and reports it: completed, or infeasible with the reason.

    Raises:
      LeaseLostError: somebody else has the trial now; nothing was written.
      InterruptedTraining: `search.stop` was set; the trial was given back.
      SearchSpaceExhaustedError: there is nothing new to try; the trial's number was withdrawn.
      StudyError: no trial of this study can be run.
    """
    begin = time.monotonic()
    with Heartbeat(search.store, claim) as heartbeat:
        try:
            suggestion = suggestion_for(search, claim)
            result = train_and_evaluate(search, claim, suggestion, heartbeat, begin)
            search.store.complete(claim, result)
        except InterruptedTraining:
            search.store.release(claim)
            raise
        except SearchSpaceExhaustedError as error:
            search.store.withdraw(claim, str(error))
            raise
        except (StudyError, KeyboardInterrupt):
            give_back(search, claim)
            raise
        except LeaseLostError:
            raise
        except Exception as error:  # A trial that fails is a result, whatever its blocks did.
            search.store.fail(claim, str(as_trial_error(error)))
        finally:
            keras.utils.clear_session()


def give_back(search: Search, claim: Claim) -> None:
    """Releases a trial that this trainer cannot run, if the database still listens."""
    with contextlib.suppress(StudyError, LeaseLostError):
        search.store.release(claim)


def suggestion_for(search: Search, claim: Claim) -> Suggestion:
    """What the trial trains: as an earlier attempt stored it, or a new suggestion, stored before training starts."""
    if claim.suggestion is not None:
        return claim.suggestion
    for salt in range(MAX_PROPOSALS):
        suggestion = search.controller.suggest(claim.number, search.history, salt)
        try:
            search.store.suggest(claim, suggestion)
            return suggestion
        except DuplicateSuggestionError:
            continue
    raise SearchSpaceExhaustedError("everything that the spec allows has been tried")


def train_and_evaluate(
    search: Search, claim: Claim, suggestion: Suggestion, heartbeat: Heartbeat, begin: float
) -> Result:
    """Builds, trains and evaluates the suggested network and writes its files."""
    folder = trial_folder(search.model_dir, claim.number)
    files.make_folder(folder)
    seed = seed_of(search, claim.number)
    tower = build(search, suggestion, seed)
    steps = trial_steps(search.spec, suggestion.architecture, search.options.train_steps)
    plan = Fit(
        search.spec, suggestion, search.pipeline, search.options, search.strategy, steps, seed,
        files.join(folder, CHECKPOINT),
    )  # fmt: skip
    measurements: list[Measurement] = []
    fit(plan, tower, progress_of(search, claim, heartbeat, steps, measurements))
    metrics, logits = evaluated(search.pipeline.task, logits_of(tower.model, search.pipeline.evaluation()))
    measurements.append(Measurement(steps, metrics))
    with served(search, tower) as model:
        check_lease(search, claim, heartbeat)
        path = write_artifacts(folder, claim.number, suggestion, model, logits, measurements)
    objective = metrics[search.study.config.objective.metric]
    return Result(objective, metrics["loss"], metrics, tower.parameters, time.monotonic() - begin, path)


def seed_of(search: Search, number: int) -> int:
    """The seed of a trial's weights and order of examples."""
    return (search.study.config.seed * 1_000_003 + number) % 2**31


@contextlib.contextmanager
def served(search: Search, tower: Tower) -> Iterator[keras.Model]:
    """The model that serves a trained tower: raw features to predictions."""
    pipeline = search.pipeline
    with forgetting_calls(pipeline.encoder):
        yield serving_model(
            pipeline.raw_inputs(), pipeline.encoder, tower.model, pipeline.task, search.spec.temperature
        )


def build(search: Search, suggestion: Suggestion, seed: int) -> Tower:
    """The suggested network with its initial weights, drawn from the seed.

    Raises:
      TrialError: it cannot be built, or is larger than allowed or than memory.
    """
    keras.utils.set_random_seed(seed)
    keras.config.set_dtype_policy(search.options.mixed_precision or "float32")
    head = head_of(search.spec, search.pipeline.task)
    with search.strategy.scope():
        tower = build_tower(
            suggestion.architecture,
            suggestion.hyperparameters,
            search.pipeline.encoding,
            head,
            search.spec.embedding_size,
        )
    limit = search.options.max_parameters
    if limit and tower.parameters > limit:
        raise TrialError(f"the network has {tower.parameters:,} parameters, --max_parameters allows {limit:,}")
    check_memory(tower.parameters)
    check_reloads(tower.model, suggestion.architecture)
    return tower


def check_lease(search: Search, claim: Claim, heartbeat: Heartbeat) -> None:
    """Raises `LeaseLostError` where the trial is somebody else's by now: files are not to be touched then."""
    if heartbeat.lost.is_set():
        raise LeaseLostError(f"trial {claim.number} was taken over")
    search.store.heartbeat(claim)


def progress_of(
    search: Search, claim: Claim, heartbeat: Heartbeat, steps: int, measurements: list[Measurement]
) -> Callable[[int, float], None]:
    """What the training loop calls: ends it where the lease or the trainer has, and stores measurements."""
    marks = set(report_steps(steps))

    def progress(step: int, loss: float) -> None:
        if heartbeat.lost.is_set():
            raise LeaseLostError(f"trial {claim.number} was taken over")
        if step in marks:
            measurements.append(Measurement(step, {"training_loss": loss}))
            search.store.measure(claim, measurements[-1])
        if search.stop.is_set() and step < steps:
            raise InterruptedTraining(f"trial {claim.number} was interrupted at step {step}")

    return progress
