"""Models that serve, put together from those of several trials: one preprocessing, a network each, logits combined.

Everything that is needed is in the members' `model.keras` files, so that an ensemble can be exported without the data,
the blocks or the trial database's neighbours: what a file holds is what was trained and scored. The result is made of
standard layers and loads with plain Keras.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np

from . import files
from .data.signature import from_json
from .data.trees import mapped
from .errors import StudyError, TrialError
from .model_dir import SIGNATURE_FILE
from .model_file import load_model
from .network.serving import serving_model
from .spec import parse_spec
from .study import Study, Trial, TrialKind
from .training.artifacts import keras_bytes
from .trial_store.contract import TrialStore

PREPROCESSING = "model_search.preprocessing"

Combine = Callable[[str, Sequence[Any]], Any]
"""Name of a task (empty for a single one) and symbolic logits of the members, to combined ones."""


def mean(task: str, logits: Sequence[Any]) -> Any:
    """The mean of all members."""
    return keras.layers.Average(dtype="float32")(list(logits)) if len(logits) > 1 else logits[0]


def weighted(weights: Mapping[str, np.ndarray]) -> Combine:
    """A weighted sum of the members, with (members,) weights of each task."""

    def combine(task: str, logits: Sequence[Any]) -> Any:
        each = zip(weights[task], logits, strict=True)
        parts = [keras.layers.Rescaling(float(weight), dtype="float32")(part) for weight, part in each]
        return keras.layers.Add(dtype="float32")(parts) if len(parts) > 1 else parts[0]

    return combine


def composed(model_dir: str, study: Study, paths: Sequence[str], combine: Combine = mean) -> keras.Model:
    """One model of several that serve, raw features to predictions.

    Args:
      model_dir: of the search, which says what is predicted.
      study: the study.
      paths: of the members' `.keras` files.
      combine: of the logits.

    Raises:
      TrialError: a member's file is gone or damaged.
    """
    task = from_json(json.loads(files.read_bytes(files.join(model_dir, SIGNATURE_FILE)) or b"{}")).task
    temperature = parse_spec(study.config.spec, "the study's spec").temperature
    members = [_loaded(path) for path in paths]
    networks = [_network(member, place) for place, member in enumerate(members, 1)]
    preprocessing = members[0].get_layer(PREPROCESSING)
    encoded = mapped(lambda t: keras.Input(t.shape[1:], dtype=t.dtype, name=t.name), networks[0].input)
    logits = [network(encoded) for network in networks]
    outputs: Any
    if isinstance(logits[0], dict):
        outputs = {name: combine(name, [of_member[name] for of_member in logits]) for name in logits[0]}
    else:
        outputs = combine("", logits)
    ensemble = keras.Model(encoded, outputs, name="ensemble")
    raw = {t.name: keras.Input(t.shape[1:], dtype=t.dtype, name=t.name) for t in members[0].inputs}
    return serving_model(raw, preprocessing, ensemble, task, temperature)


def _loaded(path: str) -> keras.Model:
    if not files.exists(path):
        raise TrialError(f"the model {path} of a member is gone")
    try:
        return load_model(path)
    except StudyError as error:
        raise TrialError(f"the model of a member is damaged: {error}") from None


def _network(member: keras.Model, place: int) -> keras.Model:
    """What stands between preprocessing and predictions, under a name that no other member has."""
    (network,) = [layer for layer in member.layers if isinstance(layer, keras.Model) and layer.name != PREPROCESSING]
    network.name = f"member_{place}"
    return network


def model_file_of(store: TrialStore, study: Study, model_dir: str, trial: Trial) -> str:
    """Path of a finished trial's model; that of an ensemble is put together and written where it has none yet.

    Raises:
      TrialError: a member's model is gone or damaged.
    """
    assert trial.result is not None and trial.suggestion is not None
    path = files.join(model_dir, trial.result.model)
    if trial.suggestion.kind is TrialKind.ENSEMBLE and not files.exists(path):
        paths = [_member_file(store, study, model_dir, number) for number in trial.suggestion.members]
        files.write_atomically(path, keras_bytes(composed(model_dir, study, paths)))
    return path


def _member_file(store: TrialStore, study: Study, model_dir: str, number: int) -> str:
    member = store.trial(study.id, number)
    if member is None or member.result is None:
        raise TrialError(f"trial {number}, a member, has no result")
    return files.join(model_dir, member.result.model)
