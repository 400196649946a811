"""What a worker does that is not the chief: it builds and trains what the chief tells it, and decides nothing."""

import threading
from typing import Any, cast

import keras

from .controller import Controller
from .converters import suggestion_from_text
from .data.joined import JoinedProvider
from .data.pipeline import Pipeline
from .errors import TrialError
from .network.tower import Tower
from .open_search import SearchConfig, check_replicas, with_replay
from .prepare_trial import build
from .search_parts import Search
from .study import Suggestion
from .training.fit import Fit, take_part
from .training.workers import Workers


def follow(config: SearchConfig, workers: Workers) -> int:
    """Takes part in the chief's trials until the search is over; the number of trainings.

    Nothing is read from the trial database, and nothing is written.

    Raises:
      WorkerLostError: another worker is gone.
    """
    config = with_replay(config)
    check_replicas(config)
    search = _without_database(config, workers)
    built: tuple[Suggestion, Tower] | None = None
    trainings = 0
    while "end" not in (told := workers.hear()):
        if "build" in told:
            built = None
            keras.utils.clear_session()
            _, suggestion = suggestion_from_text(told["build"])
            try:
                built = suggestion, build(search, suggestion, told["seed"])
            except TrialError:
                continue  # the chief meets it too, and reports it
        elif "fit" in told and built is not None:
            take_part(_plan(search, built[0], told["fit"]), built[1], workers)
            trainings += 1
    return trainings


def _plan(search: Search, suggestion: Suggestion, told: dict[str, Any]) -> Fit:
    pipeline = search.pipeline
    if told["all_examples"]:
        pipeline = Pipeline(JoinedProvider(pipeline.provider), search.options.batch_size)
    return Fit(
        search.spec, suggestion, pipeline, search.options, search.strategy, told["steps"], told["seed"], "",
        rate_factor=told["rate"],
    )  # fmt: skip


def _without_database(config: SearchConfig, workers: Workers) -> Search:
    """As much of a search as building and training need."""
    batches = config.training.eval_steps or None
    nothing = cast(Any, None)
    return Search(
        store=nothing,
        study=nothing,
        history=nothing,
        spec=config.spec,
        controller=Controller(config.spec, config.seed, config.training.train_steps),
        pipeline=Pipeline(config.provider, config.training.batch_size, max_evaluation_batches=batches),
        options=config.training,
        strategy=workers.strategy,
        model_dir=config.model_dir,
        refit=False,
        stop=threading.Event(),
        retention=nothing,
    )
