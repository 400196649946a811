"""What the weights of a trial start from: those of earlier trials where the spec says so."""

import math
from collections.abc import Sequence

from . import files
from .model_dir import trial_folder
from .network.naming import weight_names
from .network.tower import Tower
from .network.weights_file import WEIGHTS
from .proto.search_spec_pb2 import TransferLearningSpec
from .search_parts import Search
from .spec.replay import replay_entry
from .study import Suggestion, Trial
from .training.checkpoint import CHECKPOINT
from .transfer.identity import start_as_identities
from .transfer.matching import TOWER, block_prefix
from .transfer.report import Origin, TransferReport, read_report, write_report
from .transfer.shares import Share, shares
from .transfer.warm_start import Earlier, warm_start

SNAPSHOT = TransferLearningSpec.SNAPSHOT_TRANSFER_LEARNING


def start_weights(search: Search, number: int, suggestion: Suggestion, tower: Tower) -> float:
    """Sets the weights that the trial has in common with earlier ones, and writes what came from where.

    A trial that is taken up again starts from the same trials as before, and its checkpoint, where there is one, is
    loaded over all of this. Earlier trials whose files are gone or damaged are left out; the report says so.

    Returns:
      What the trial's learning rate is to be multiplied by.
    """
    folder = trial_folder(search.model_dir, number)
    known = read_report(folder)
    if known is not None and known.fingerprint == suggestion.fingerprint:
        if files.exists(files.join(folder, CHECKPOINT)):
            return known.rate_factor
        whose: Sequence[Share] = shares_in(known)
    elif (entry := replay_entry(search.spec, number)) is not None:
        whose = [Share(start.trial, start.weight) for start in entry.starts]
    else:
        whose = shares(search.spec.transfer_learning_spec, suggestion, search.history)
    report = started_from(search, suggestion, tower, whose)
    if report is None:
        return 1.0
    files.make_folder(folder)
    write_report(folder, report)
    return report.rate_factor


def shares_in(report: TransferReport) -> tuple[Share, ...]:
    """Whose weights a trial started from, with those that could not be read."""
    return tuple(Share(origin.trial, origin.weight) for origin in report.origins)


def started_from(search: Search, suggestion: Suggestion, tower: Tower, whose: Sequence[Share]) -> TransferReport | None:
    """Sets the weights that the suggested trial has in common with others; None where it starts from nobody's."""
    if not whose or not suggestion.architecture.blocks:
        return None
    trials = {share.number: search.store.trial(search.study.id, share.number) for share in whose}
    earlier, lost = [], []
    for share in whose:
        trial = trials[share.number]
        if trial is None or not trial.architecture.blocks:
            lost.append(Origin(share.number, share.weight, error=f"there is no tower of trial {share.number}"))
        else:
            search.store.bring_files(search.study.id, share.number)
            path = files.join(trial_folder(search.model_dir, share.number), WEIGHTS)
            earlier.append(Earlier(share.number, share.weight, trial.architecture, path))
    origins, taken = warm_start(tower.model, suggestion.architecture, earlier)
    variables = weight_names(tower.model)
    grown = _grown(search, suggestion, tower, origins, trials)
    starts = tuple(block_prefix(TOWER, suggestion.architecture, place) for place in grown)
    learned = set(taken) | {name for name in variables if name.startswith(starts)} if starts else set(taken)
    share = sum(math.prod(variables[name].shape) for name in learned) / max(1, tower.parameters)
    return TransferReport(
        fingerprint=suggestion.fingerprint,
        origins=(*origins, *lost),
        tensors=len(taken),
        parameters=sum(taken.values()),
        of_tensors=len(variables),
        of_parameters=tower.parameters,
        grown=grown,
        rate_factor=1 - min(1.0, share) * (1 - search.spec.transfer_learning_spec.inherited_rate_factor),
    )


def _grown(
    search: Search,
    suggestion: Suggestion,
    tower: Tower,
    origins: Sequence[Origin],
    trials: dict[int, Trial | None],
) -> tuple[int, ...]:
    """Makes identities of what the tower has more than its only parent, where the spec and the blocks allow it."""
    transfer = search.spec.transfer_learning_spec
    if transfer.transfer_learning_type != SNAPSHOT or not transfer.grow_from_identity:
        return ()
    parent = trials[origins[0].trial] if len(origins) == 1 and not origins[0].error else None
    if parent is None:
        return ()
    return start_as_identities(tower.model, suggestion.architecture, parent.architecture)
