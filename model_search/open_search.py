"""From what a user gives to a `Search` that trainers run."""

import math
import threading
from dataclasses import dataclass, field, replace
from functools import partial

import tensorflow as tf

from .block import blocks
from .controller import Controller
from .data.pipeline import Pipeline
from .data.provider import Provider, Task
from .data.signature import to_json
from .errors import UsageError
from .model_dir import prepare_model_dir, record_study, store_url
from .own_blocks import check_own_blocks
from .proto import search_spec_pb2
from .retention import Retention
from .search_parts import Search
from .spec import SearchSpec, canonical_text, rungs
from .spec.replay import replay_count
from .spec.towers import named_blocks
from .study import StudyConfig
from .training.evaluation_labels import store_labels
from .training.limits import fit_together
from .training.metrics import objective_for
from .training.options import KEEP_MODELS, TrainingOptions
from .training.workers import joined_workers
from .trial_store.history import StoreHistory
from .trial_store.open import open_store


@dataclass(frozen=True)
class SearchConfig:
    """A search as a user asks for it.

    Attributes:
      spec: completed and validated.
      provider: the data.
      model_dir: folder or bucket for all files of the search.
      name, owner: of the study.
      max_trials: budget of the study, at least 1.
      trial_store: database URL; empty for SQLite inside `model_dir`.
      seed: of everything random, 0 to 2**31 - 1.
      metric, goal: of the objective; empty for the task's default.
      training: how trials train.
      refit: whether the best network is trained once more, on training and evaluation data, when the search is over.
      keep_models: so many of the best trials keep their heavy files, besides those that others need; 0: all.
    """

    spec: SearchSpec
    provider: Provider
    model_dir: str
    name: str = "search"
    owner: str = "model_search"
    max_trials: int = 20
    trial_store: str = ""
    seed: int = 0
    metric: str = ""
    goal: str = ""
    training: TrainingOptions = field(default_factory=TrainingOptions)
    refit: bool = False
    keep_models: int = KEEP_MODELS


def open_search(config: SearchConfig, stop: threading.Event | None = None) -> Search:
    """Checks everything, creates or opens the study, encodes the data.

    Raises:
      UsageError: something given is wrong or does not fit together.
      StudyMismatchError: a study of that name exists and differs.
    """
    config = with_replay(config)
    check_budget(config)
    check_replicas(config)
    pipeline = Pipeline(
        config.provider, config.training.batch_size, max_evaluation_batches=config.training.eval_steps or None
    )
    check_fit(config.spec, pipeline)
    check_causality(config.spec, config.provider.task)
    objective = objective_for(config.provider.task, config.metric, config.goal)
    check_own_blocks(config.spec, pipeline)
    prepare_model_dir(config.model_dir, config.owner, config.name)
    store = open_store(store_url(config.model_dir, config.trial_store))
    stop = stop or threading.Event()
    store.outlast(stop)
    store.share_files(config.model_dir)
    study = store.open_study(
        StudyConfig(
            owner=config.owner,
            name=config.name,
            spec=canonical_text(config.spec),
            data=config.provider.identity(),
            objective=objective,
            seed=config.seed,
            max_trials=config.max_trials,
            settings=config.training.comparable(),
        )
    )
    store_labels(config.model_dir, pipeline.task, pipeline.evaluation())
    record_study(config.model_dir, config.owner, config.name, not config.trial_store, to_json(config.provider))
    history, fits = StoreHistory(store, study), partial(fit_together, config.training)
    return Search(
        store=store,
        study=study,
        history=history,
        spec=config.spec,
        controller=Controller(config.spec, config.seed, config.training.train_steps, fits),
        pipeline=pipeline,
        options=config.training,
        strategy=device_strategy(),
        model_dir=config.model_dir,
        refit=config.refit,
        stop=stop,
        retention=Retention(store, study, history, config.spec, config.model_dir, config.keep_models, fits),
    )


def with_replay(config: SearchConfig) -> SearchConfig:
    """The same search, or what a spec's replay makes of it: so many trials, trained as they were, and all are kept."""
    spec, replay = config.spec, config.spec.replay
    if not spec.HasField("replay"):
        return config
    config = replace(config, max_trials=replay_count(spec), refit=False, keep_models=0)
    if not replay.trials:
        return config
    training = replace(
        config.training,
        train_steps=replay.train_steps,
        batch_size=replay.batch_size,
        mixed_precision=replay.mixed_precision,
    )
    return replace(config, seed=replay.seed, training=training)


def device_strategy() -> tf.distribute.Strategy:
    """All workers together where this process is one of several; all visible GPUs where there are several; else the
    default device."""
    if (workers := joined_workers()) is not None:
        return workers.strategy
    has_several = len(tf.config.list_logical_devices("GPU")) > 1
    return tf.distribute.MirroredStrategy() if has_several else tf.distribute.get_strategy()


def check_replicas(config: SearchConfig) -> None:
    """Raises `UsageError` where devices or workers cannot train together."""
    replicas, batch_size = device_strategy().num_replicas_in_sync, config.training.batch_size
    if batch_size % replicas:
        raise UsageError(f"--batch_size={batch_size}: {replicas} devices train together; give a multiple of {replicas}")
    # Of these the chief alone has what a training needs: models of earlier trials, and what those answer.
    kept = [field for field in ("ensemble_spec", "distillation_spec") if config.spec.HasField(field)]
    if kept and joined_workers() is not None:
        raise UsageError(f"use_synchronous_optimizer and {kept[0]}: workers of one trial train single networks only")


def check_budget(config: SearchConfig) -> None:
    """Raises `UsageError` for numbers out of range."""
    least = {
        "max_trials": (config.max_trials, 1),
        "train_steps": (config.training.train_steps, 1),
        "batch_size": (config.training.batch_size, 1),
        "eval_steps": (config.training.eval_steps, 0),
        "keep_models": (config.keep_models, 0),
        "max_parameters": (config.training.max_parameters, 0),
        "max_flops": (config.training.max_flops, 0),
        "max_latency_ms": (config.training.max_latency_ms, 0),
    }
    for name, (value, minimum) in least.items():
        if not value >= minimum:
            what = "no number" if math.isnan(value) else "too small"
            raise UsageError(f"--{name}={value} is {what}: at least {minimum}")
    check_seed(config.seed)
    steps = config.training.train_steps
    if config.spec.HasField("early_stopping") and not rungs(config.spec, steps, steps):
        raise UsageError(f"early stopping with --train_steps={steps}: no trial would be compared before its last step")


def check_seed(seed: int) -> None:
    """Raises `UsageError` for a seed out of range."""
    if not 0 <= seed < 2**31:
        raise UsageError(f"--seed={seed} is not from 0 to {2**31 - 1}")


def check_fit(spec: SearchSpec, pipeline: Pipeline) -> None:
    """Raises `UsageError` where the spec's networks cannot take the data or have another kind of output."""
    encoding, task = pipeline.encoding, pipeline.task
    problem = search_spec_pb2.ProblemType.Name(spec.problem_type)
    if problem == "CNN" and len(encoding.shape) != 3:
        raise UsageError(
            f"the spec's problem_type CNN needs images (height, width, channels), the data gives vectors of shape "
            f"{encoding.shape}; {_fitting_problem(pipeline)}"
        )
    if problem.startswith("RNN") and not encoding.has_lengths:
        raise UsageError(
            f"the spec's problem_type {problem} needs sequences, the data gives examples of shape {encoding.shape}; "
            f"{_fitting_problem(pipeline)}"
        )
    if problem in ("CNN", "DNN") and encoding.has_lengths:
        raise UsageError(f"the spec's problem_type {problem} takes no sequences; {_fitting_problem(pipeline)}")
    if (problem == "RNN_ALL_ACTIVATIONS") != any(part.is_per_step for part in (task, *task.tasks)):
        labels = "a label for each step" if task.is_per_step else "one label an example"
        raise UsageError(
            f"the data has {labels}; the spec's problem_type {problem} does not; {_fitting_problem(pipeline)}"
        )


def check_causality(spec: SearchSpec, task: Task) -> None:
    """Raises `UsageError` where a block could read the answer off later steps."""
    if not any(part.predicts_ahead for part in (task, *task.tasks)):
        return
    leaking = [name for name in named_blocks(spec) if not getattr(blocks[name].create(), "is_causal", False)]
    if leaking:
        raise UsageError(
            f"block {leaking[0]!r} may look at later steps, and so at the answer, where {task.target!r} is predicted;"
            " take causal blocks only (a block of your own says so with is_causal); the bundled spec text_all has"
            " causal blocks only"
        )


def _fitting_problem(pipeline: Pipeline) -> str:
    problem, spec = "DNN", "dnn"
    if pipeline.task.is_per_step:
        problem, spec = "RNN_ALL_ACTIVATIONS", "rnn_all"
    elif pipeline.encoding.has_lengths:
        problem, spec = "RNN_LAST_ACTIVATIONS", "rnn_last"
    elif len(pipeline.encoding.shape) == 3:
        problem, spec = "CNN", "cnn"
    return f"a spec with problem_type {problem} takes them, such as the bundled {spec}"
