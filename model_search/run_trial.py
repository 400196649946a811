"""The way of one trial, from its claim to its report."""

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import keras

from . import files
from .combine_trial import Combined, report_combined
from .controller import SearchSpaceExhaustedError
from .data.trees import Tree
from .errors import StudyError
from .model_dir import add_note
from .network.ensemble import Ensemble, own_tower, shares
from .network.serving import forgetting_calls, serving_model
from .network.tower import Tower
from .prepare_trial import Prepared, prepared, seed_of
from .replay import write_replay
from .rungs import FellBehind, Rungs
from .search_parts import Search
from .spec import trial_steps
from .start_weights import start_weights
from .study import Measurement, Result, TrialKind
from .teaching import teaching_or_note
from .training.artifacts import trial_folder, write_artifacts, write_records
from .training.checkpoint import CHECKPOINT
from .training.evaluation import evaluated
from .training.failures import as_trial_error
from .training.fit import Fit, InterruptedTraining
from .training.fit_ensemble import fit_network
from .training.inference import logits_of
from .training.loop import report_steps
from .trial_store.contract import Claim, LeaseLostError
from .trial_store.heartbeat import Heartbeat, hold


def run_trial(search: Search, claim: Claim) -> None:
    """Runs one attempt at a trial and reports it: completed, stopped early, or infeasible with the reason.

    Raises:
      LeaseLostError: somebody else has the trial now; nothing was written.
      InterruptedTraining: `search.stop` was set; the trial was given back.
      SearchSpaceExhaustedError: there is nothing new to try; the trial's number was withdrawn.
      StudyError: no trial of this study can be run.
    """
    begin = time.monotonic()
    with Heartbeat(search.store, claim) as heartbeat:
        try:
            network = prepared(search, claim)
            if isinstance(network, Combined):
                report_combined(search, claim, begin, network)
            else:
                train_and_report(Attempt(search, claim, heartbeat, begin, network))
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


@dataclass(frozen=True)
class Attempt:
    """A claimed trial with its network; `begin` is when it was claimed, by the monotonic clock."""

    search: Search
    claim: Claim
    heartbeat: Heartbeat
    begin: float
    network: Prepared

    @property
    def folder(self) -> str:
        """Where the trial's files are."""
        return trial_folder(self.search.model_dir, self.claim.number)

    def evaluated(self) -> tuple[dict[str, float], Tree | None]:
        """Metrics and logits of the network as it is now."""
        pipeline = self.search.pipeline
        return evaluated(pipeline.task, logits_of(self.network.tower.model, pipeline.evaluation()))

    def result(self, metrics: Mapping[str, float], model: str = "") -> Result:
        """What is reported: evaluation metrics, and the path of the exported model where there is one."""
        costs, seconds = self.network.costs, time.monotonic() - self.begin
        objective = metrics[self.search.study.config.objective.metric]
        return Result(
            objective, metrics["loss"], metrics, costs.parameters, seconds, model, costs.flops, costs.latency_ms
        )


def train_and_report(attempt: Attempt) -> None:
    """Trains and evaluates a network, writes its files and completes the trial, or stops it on the way."""
    search, claim, network = attempt.search, attempt.claim, attempt.network
    files.make_folder(attempt.folder)
    steps = trial_steps(search.spec, network.suggestion.architecture, search.options.train_steps)
    # Towers are compared with each other on their way, ensembles with nothing.
    last_rung = 0 if network.suggestion.kind is TrialKind.ENSEMBLE else steps
    rungs = Rungs(search, claim, last_rung, lambda: attempt.evaluated()[0])
    checkpoint = files.join(attempt.folder, CHECKPOINT)
    plan = Fit(
        search.spec, network.suggestion, search.pipeline, search.options, search.strategy, steps,
        seed_of(search, claim.number), checkpoint, rungs.steps,
        teaching_or_note(search, network.suggestion, claim.number, search.pipeline),
    )  # fmt: skip
    measurements: list[Measurement] = []
    own, factor = own_tower(network.tower), 1.0
    if own is not None:
        factor = start_weights(search, claim.number, network.suggestion, own)
    try:
        fit_network(replace(plan, rate_factor=factor), network.tower, progress_of(attempt, steps, rungs, measurements))
    except FellBehind as behind:
        check_lease(attempt)
        write_records(attempt.folder, claim.number, network.suggestion, measurements)
        write_replay(search, claim.number, network.suggestion)
        search.store.stop(claim, attempt.result(behind.measurement.metrics))
        files.remove(checkpoint)
        return
    note_shares(attempt)
    metrics, logits = attempt.evaluated()
    measurements.append(Measurement(steps, metrics))
    with served(search, network.tower) as model:
        check_lease(attempt)
        write_replay(search, claim.number, network.suggestion)
        path = write_artifacts(
            attempt.folder, claim.number, network.suggestion, model, network.tower.model, logits, measurements
        )
    search.store.complete(claim, attempt.result(metrics, path))


def note_shares(attempt: Attempt) -> None:
    """Remembers how strongly the towers of a trained ensemble count, for people."""
    network = attempt.network.tower
    if isinstance(network, Ensemble):
        names = [f"trial {number}" for number in attempt.network.suggestion.members]
        parts = zip([*names, *(["its own tower"] if network.own else [])], shares(network), strict=True)
        text = ", ".join(f"{name} {share:.3f}" for name, share in parts)
        add_note(attempt.search.model_dir, attempt.claim.number, f"weights of the logits: {text}")


@contextlib.contextmanager
def served(search: Search, tower: Tower) -> Iterator[keras.Model]:
    """The model that serves a trained tower: raw features to predictions."""
    pipeline = search.pipeline
    with forgetting_calls(pipeline.encoder):
        yield serving_model(
            pipeline.raw_inputs(), pipeline.encoder, tower.model, pipeline.task, search.spec.temperature
        )


def check_lease(attempt: Attempt) -> None:
    """Raises `LeaseLostError` where the trial is somebody else's by now: files are not to be touched then.

    While the database does not answer it waits: the work of a trial outlives an outage, unless somebody else takes the
    trial first when it is over.
    """
    hold(attempt.search.store, attempt.claim, attempt.search.stop)


def progress_of(
    attempt: Attempt, steps: int, rungs: Rungs, measurements: list[Measurement]
) -> Callable[[int, float], None]:
    """What the training loop calls: ends it where the lease or the trainer has, or the trial fell behind, and stores
    measurements."""
    search, claim = attempt.search, attempt.claim
    marks = set(report_steps(steps))

    def progress(step: int, loss: float) -> None:
        if attempt.heartbeat.lost.is_set():
            check_lease(attempt)
        if step in rungs.steps:
            # Before the trainer may be told to stop: a checkpoint at a rung says that the trial has passed it.
            measurements.append(rungs.measured(step, loss))
            rungs.compare(measurements[-1])
        elif step in marks:
            measurements.append(Measurement(step, {"training_loss": loss}))
            search.store.measure(claim, measurements[-1])
        if search.stop.is_set() and step < steps:
            raise InterruptedTraining(f"trial {claim.number} was interrupted at step {step}")

    return progress
