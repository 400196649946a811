"""A search as one function call, for notebooks and scripts."""

import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from .conclusion import conclude
from .data.arrays.arrays import provider_from
from .data.provider import DataOptions
from .errors import UsageError
from .handle import StudyHandle
from .open_search import SearchConfig, check_seed, open_search
from .plugins import import_modules, load_plugins
from .registry import closest
from .spec import complete, load_spec, validate
from .spec.data_options import with_spec
from .stop_after import StopAfter
from .trainer import work
from .training.options import KEEP_MODELS, TrainingOptions

LEASE_SECONDS = 60.0


def search(
    data: Any,
    spec: Any = "dnn",
    *,
    model_dir: str,
    max_trials: int = 20,
    train_steps: int = 1000,
    batch_size: int = 32,
    seed: int = 0,
    name: str = "search",
    owner: str = "model_search",
    metric: str = "",
    goal: str = "",
    time_limit: float = 0.0,
    trial_store: str = "",
    user_modules: Sequence[str] = (),
    label: str = "",
    validation_data: Any = None,
    test_data: Any = None,
    hypertuning_method: str = "",
    refit: bool = True,
    keep_models: int = KEEP_MODELS,
    **options: Any,
) -> StudyHandle:
    """Runs a search in this process. The same call again resumes it; it may join a search that runs elsewhere.

    Args:
      data: `(features, labels)` or `(features, labels, weights)` of numpy arrays, a pandas frame with `label=<column>`,
        a `tf.data.Dataset`, or a `Provider`.
      spec: bundled name (`dnn`, `tabular`, `cnn`, ...), path of a .pbtxt file, or a `SearchSpec` message.
      model_dir: folder for models and, unless `trial_store` is given, the trial database.
      max_trials: budget of the search.
      train_steps, batch_size: gradient steps of a trial, examples a step.
      seed: of everything random.
      name, owner: of the experiment.
      metric, goal: what ranks trials; by default accuracy, or RMSE for regression.
      time_limit: seconds after which it stops, resumable; 0 for none.
      trial_store: database URL.
      user_modules: modules or .py files with blocks of your own.
      label: column of a pandas frame that is predicted; by default the last.
      validation_data, test_data: as `data`: what ranks trials, and what is scored once at the end.
      hypertuning_method: `random` or `bayesian`; by default what the spec says.
      refit: whether, at the end, the best network is trained once more on training and held-out data together, and that
        model is the best one; not where `validation_data` are given.
      keep_models: so many of the best trials keep models and weights, besides those that other trials need; 0: all.
      **options: fields of `DataOptions` (`task`, `class_weight`, `test_fraction`, ...) and of `TrainingOptions`
        (`eval_steps`, `mixed_precision`, `max_parameters`, ...).

    Returns:
      A handle on what was found.

    Raises:
      UsageError: something given is wrong; nothing was trained.
    """
    load_plugins()
    import_modules(user_modules)
    _check_names(options)
    check_seed(seed)
    completed = complete(load_spec(spec) if isinstance(spec, str) else spec)
    if hypertuning_method:
        completed.hypertuning_method = hypertuning_method
    validate(completed)
    seed = completed.replay.seed if completed.replay.trials else seed
    chosen = {"train_steps": train_steps, "batch_size": batch_size, "seed": seed, **options}
    training = TrainingOptions(**_fields(TrainingOptions, chosen))
    provider = provider_from(
        data, label, validation_data, test_data, with_spec(DataOptions(**_fields(DataOptions, chosen)), completed)
    )
    refit = refit and validation_data is None
    config = SearchConfig(
        completed,
        provider,
        model_dir,
        name,
        owner,
        max_trials,
        trial_store,
        seed,
        metric,
        goal,
        training,
        refit,
        keep_models,
    )
    stop = threading.Event()
    opened = open_search(config, stop)
    with StopAfter(stop, time_limit):
        ended = work(opened, f"notebook-{threading.get_native_id()}", LEASE_SECONDS)
    if ended:
        logging.getLogger(__name__).warning(ended)
    if not stop.is_set():
        conclude(opened)
    opened.store.outlast(None)
    return StudyHandle(opened.store, opened.study, model_dir)


def _fields(kind: type, values: Mapping[str, Any]) -> dict[str, Any]:
    names = {field.name for field in fields(kind)}
    return {name: value for name, value in values.items() if name in names}


def _check_names(options: Mapping[str, Any]) -> None:
    """Raises `UsageError` for an option that neither the data nor the training has."""
    known = [field.name for kind in (DataOptions, TrainingOptions) for field in fields(kind)]
    for name in options:
        if name not in known:
            raise UsageError(f"search() has no option {name!r}; {closest(name, known)}")
