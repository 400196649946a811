"""Networks of trials with members: all towers built on one input, members with the weights that they were left with."""

import keras

from . import files
from .errors import TrialError
from .network.ensemble import OWN, Ensemble, Part, build_ensemble, load_part
from .network.heads import head_of
from .network.weights_file import WEIGHTS, StoredWeights
from .search_parts import Search
from .spec.ensembles import is_weighted, trains_members
from .study import Suggestion, TrialKind
from .training.artifacts import trial_folder


def is_combined_only(search: Search, suggestion: Suggestion) -> bool:
    """Whether a trial trains nothing: the mean of towers as they are."""
    is_ensemble = suggestion.kind is TrialKind.ENSEMBLE
    return is_ensemble and not is_weighted(search.spec) and not trains_members(search.spec)


def ensemble_of(search: Search, suggestion: Suggestion) -> Ensemble:
    """The network of a trial with members: these trained, its own tower and the weights of the mix at their start.

    The members of a trial that searches for another tower are the newest one, the last, and that one's members, whose
    weights it stored with its own: where members train on, each ensemble has weights of its own. All others come from
    the files of each member.

    Raises:
      TrialError: a member or its weights are gone or damaged, or a tower cannot be built.
    """
    network = untrained(search, suggestion)
    members = suggestion.members
    base = _suggestion_of(search, members[-1])
    if suggestion.kind is TrialKind.SEARCH and base.members == members[:-1]:
        names = {f"tower_{place}": f"tower_{place}" for place in range(1, len(members))}
        load_part(network.model, weights_of(search, members[-1]), (names | {f"tower_{len(members)}": OWN}).get)
        return network
    for place, (member, model) in enumerate(zip(members, network.members, strict=True), 1):
        load_part(model, weights_of(search, member), {f"tower_{place}": OWN}.get)
    return network


def untrained(search: Search, suggestion: Suggestion) -> Ensemble:
    """The same with random weights everywhere."""
    spec = search.spec
    members = []
    for place, number in enumerate(suggestion.members, 1):
        member = _suggestion_of(search, number)
        members.append(Part(f"tower_{place}", member.architecture, member.hyperparameters))
    own = Part(OWN, suggestion.architecture, suggestion.hyperparameters) if suggestion.architecture.blocks else None
    with search.strategy.scope():
        return build_ensemble(
            own,
            members,
            search.pipeline.encoding,
            head_of(spec, search.pipeline.task),
            spec.embedding_size,
            is_weighted=is_weighted(spec),
            # Towers that were trained apart have an embedding each; only those that grew together can share one.
            is_input_shared=spec.is_input_shared and suggestion.kind is TrialKind.SEARCH,
        )


def trained_ensemble(search: Search, number: int, suggestion: Suggestion) -> keras.Model:
    """The network of a finished trial with members, as it was left.

    Raises:
      TrialError: files are gone or damaged.
    """
    if is_combined_only(search, suggestion):
        return ensemble_of(search, suggestion).model
    network = untrained(search, suggestion).model
    load_part(network, weights_of(search, number), lambda name: name)
    return network


def weights_of(search: Search, number: int) -> StoredWeights:
    """The weights file of a trial. Raises `WeightsError`."""
    return StoredWeights(files.join(trial_folder(search.model_dir, number), WEIGHTS))


def _suggestion_of(search: Search, number: int) -> Suggestion:
    trial = search.store.trial(search.study.id, number)
    if trial is None or trial.suggestion is None:
        raise TrialError(f"trial {number}, a member, is not in the trial database")
    return trial.suggestion
