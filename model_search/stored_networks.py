"""Networks of finished trials, rebuilt from their suggestions and the weights that they left."""

from collections.abc import Sequence
from typing import Any

from . import files
from .data.trees import Tree, mapped
from .ensemble_networks import is_combined_only, trained_ensemble
from .errors import StudyError, TrialError
from .model_dir import trial_folder
from .network.heads import head_of
from .network.tower import Tower, build_tower
from .network.weights_file import WEIGHTS, StoredWeights, load_all
from .search_parts import Search
from .study import Suggestion
from .training.failures import as_trial_error
from .training.inference import Network


def tower_of(search: Search, suggestion: Suggestion) -> Tower:
    """The suggested tower with random weights. Raises `BuildError` where it cannot be built."""
    with search.strategy.scope():
        return build_tower(
            suggestion.architecture,
            suggestion.hyperparameters,
            search.pipeline.encoding,
            head_of(search.spec, search.pipeline.task),
            search.spec.embedding_size,
        )


def stored_network(search: Search, number: int) -> Network:
    """The network of a finished trial as it was trained or put together: encoded input to logits.

    Raises:
      TrialError: its weights, or those of one of its members, are gone or damaged, or it cannot be built any more.
    """
    trial = search.store.trial(search.study.id, number)
    if trial is None or trial.suggestion is None:
        raise TrialError(f"there is no trial {number}")
    if not trial.suggestion.members:
        return _stored_tower(search, number, trial.suggestion)
    if is_combined_only(search, trial.suggestion):
        return mean_of([stored_network(search, member) for member in trial.suggestion.members])
    try:
        return trained_ensemble(search, number, trial.suggestion)
    except StudyError:
        raise
    except Exception as error:  # As of a single tower.
        raise as_trial_error(error) from error


def _stored_tower(search: Search, number: int, suggestion: Suggestion) -> Network:
    try:
        network = tower_of(search, suggestion).model
        load_all(network, StoredWeights(files.join(trial_folder(search.model_dir, number), WEIGHTS)))
    except StudyError:
        raise
    except Exception as error:  # A block of the user's may be another one by now.
        raise as_trial_error(error) from error
    return network


def mean_of(networks: Sequence[Network]) -> Network:
    """The mean of several networks' logits. One that is there twice counts twice."""

    def mean(x: Any, training: bool = False) -> Tree:
        logits = [network(x, training=training) for network in networks]
        return mapped(lambda *each: sum(each[1:], each[0]) / len(each), *logits)

    return mean
