"""Networks of finished trials, rebuilt from their suggestions and the weights that they left."""

import keras

from . import files
from .errors import StudyError, TrialError
from .network.heads import head_of
from .network.tower import Tower, build_tower
from .network.weights_file import WEIGHTS, StoredWeights, load_all
from .search_parts import Search
from .study import Suggestion
from .training.artifacts import trial_folder
from .training.failures import as_trial_error


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


def stored_network(search: Search, number: int) -> keras.Model:
    """The network of a finished trial as it was trained: encoded input to logits.

    Raises:
      TrialError: its weights are gone or damaged, or it cannot be built any more.
    """
    trial = search.store.trial(search.study.id, number)
    if trial is None or trial.suggestion is None:
        raise TrialError(f"there is no trial {number}")
    try:
        network = tower_of(search, trial.suggestion).model
        load_all(network, StoredWeights(files.join(trial_folder(search.model_dir, number), WEIGHTS)))
    except StudyError:
        raise
    except Exception as error:  # A block of the user's may be another one by now.
        raise as_trial_error(error) from error
    return network
