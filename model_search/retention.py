"""Which trials keep their heavy files: the best, and those that others need.

Why nothing that is needed is removed, however many trainers there are. A trainer that has completed a trial decides by
what it knows of completed trials, and asks the database to mark the others. In that one transaction, which no other
change of the study can come between, the database leaves out what running and waiting trials name in their
suggestions, and marks nothing at all where a trial has completed that the trainer had not seen. Files go only after
their trial was marked. So a suggestion was stored either before the mark, and its trials are safe until it has
completed; or after it, and the trainer that stored it sees the mark, since it looks at its trials again once its
suggestion is stored (`prepare_trial`), and proposes something else. The averages of weight sharing name no trials: one
whose files go while they are read is left out of the average, and the trial's report says so.
"""

from collections.abc import Iterable, Sequence

from . import files
from .algorithms.beam import beam_of
from .drawn_members import Fits, drawn_from, no_limit
from .model_dir import trial_folder
from .network.weights_file import WEIGHTS
from .phases import draws_members, is_adaptive, members_of_stage
from .proto.search_spec_pb2 import EnsemblingSpec, SearchType, TransferLearningSpec
from .spec import SearchSpec
from .study import TOWER_KINDS, History, Study, Trial, TrialState, is_pruned, rank_key
from .training.artifacts import LOGITS, MODEL
from .training.checkpoint import CHECKPOINT
from .transfer.shares import averaged
from .trial_store.contract import TrialStore

HEAVY = (MODEL, WEIGHTS, LOGITS, CHECKPOINT)
"""Names of the files that are removed."""

TRIES = 3


class Retention:
    """Removes the heavy files of trials that nobody needs any more, one study's."""

    def __init__(
        self,
        store: TrialStore,
        study: Study,
        history: History,
        spec: SearchSpec,
        model_dir: str,
        keep: int,
        fits: Fits = no_limit,
    ):
        """Args: the study, its history and spec, the folder of its files, how many of the best trials keep theirs
        (0: all), and whether networks together are within the limits on costs.
        """
        self._store, self._study, self._history = store, study, history
        self._spec, self._model_dir, self._keep = spec, model_dir, keep
        self._fits = fits
        self._with_files: dict[int, Trial] = {}
        self._seen = 0

    def prune(self) -> Sequence[int]:
        """Removes what nobody needs now. Returns the numbers of the trials whose files were removed."""
        for trial in range(TRIES if self._keep else 0):
            if not self._look() and trial:
                break
            needed = needed_trials(self._spec, self._history, self._with_files.values(), self._keep, self._fits)
            surplus = sorted(set(self._with_files) - needed)
            if not surplus:
                break
            pruned = self._store.prune(self._study.id, surplus, self._seen)
            for number in pruned:
                self._remove(number)
            if pruned:
                return pruned
        return ()

    def _look(self) -> bool:
        """Learns of what has completed, and of what was marked: whoever did that may have died before it removed.

        Returns whether there was anything.
        """
        new = self._store.trials(self._study.id, {TrialState.COMPLETED}, since=self._seen)
        for trial in new:
            self._seen = max(self._seen, trial.revision)
            if is_pruned(trial):
                self._remove(trial.number)
            else:
                self._with_files[trial.number] = trial
        return bool(new)

    def _remove(self, number: int) -> None:
        self._with_files.pop(number, None)
        for name in HEAVY:
            files.remove(files.join(trial_folder(self._model_dir, number), name))


def needed_trials(
    spec: SearchSpec, history: History, trials: Iterable[Trial], keep: int, fits: Fits = no_limit
) -> set[int]:
    """Completed trials whose files stay.

    The best `keep`, with the members of their ensembles; what the best one was made from, which the training on all
    examples starts from; and what the phases to come may draw on: the newest or best that are averaged, the beam, the
    best that ensembles are drawn from, the members of the present stage.

    Args:
      spec: of the study, completed.
      history: of the study.
      trials: completed ones that have their files.
      keep: at least 1.
      fits: whether networks together are within the limits on costs.
    """
    ranked = sorted(trials, key=lambda trial: rank_key(history.objective, trial))
    towers = [trial for trial in ranked if trial.suggestion and trial.suggestion.kind in TOWER_KINDS]
    needed = {trial.number for trial in ranked[:keep]}
    needed |= {trial.number for trial in towers[: _best_towers(spec)]}
    if draws_members(spec):
        needed |= {trial.number for trial in drawn_from(spec, history, fits)}
    needed |= set(sorted(trial.number for trial in towers)[-_newest_towers(spec) :]) if _newest_towers(spec) else set()
    lends = _shares(spec) == TransferLearningSpec.SNAPSHOT_TRANSFER_LEARNING
    if lends:
        needed |= {trial.number for trial in beam_of(spec, history)}
    best = ranked[0].suggestion if ranked else None
    if best is not None:
        needed |= {*(best.parents if lends else ()), *(() if best.teacher is None else (best.teacher,))}
    if is_adaptive(spec) and ranked:
        newest = max(trial.number for trial in ranked)
        for number in (newest, newest + 1):
            needed |= {*members_of_stage(spec, number, history, fits)}
    return needed | _members(ranked, needed)


def _members(trials: Sequence[Trial], of: set[int]) -> set[int]:
    """Members of ensembles, and theirs."""
    known = {trial.number: trial.suggestion for trial in trials}
    found: set[int] = set()
    ahead = list(of)
    while ahead:
        suggestion = known.get(ahead.pop())
        new = set(suggestion.members) - found if suggestion else set()
        found |= new
        ahead += new
    return found


def _shares(spec: SearchSpec) -> int:
    return spec.transfer_learning_spec.transfer_learning_type


def _best_towers(spec: SearchSpec) -> int:
    """So many of the best towers may be drawn into ensembles or averages."""
    counts = [0]
    ensembles = spec.ensemble_spec
    if ensembles.ensemble_search_type == EnsemblingSpec.NONADAPTIVE_ENSEMBLE_SEARCH:
        counts.append(ensembles.nonadaptive_search.num_trials_to_consider)
    if ensembles.ensemble_search_type == EnsemblingSpec.INTERMIXED_NONADAPTIVE_ENSEMBLE_SEARCH:
        counts.append(ensembles.intermixed_search.num_trials_to_consider)
    if _shares(spec) == TransferLearningSpec.LOSS_WEIGHTED_AVERAGE_TRANSFER_LEARNING:
        counts.append(averaged(spec.transfer_learning_spec))
    return max(counts)


def _newest_towers(spec: SearchSpec) -> int:
    """So many of the newest towers may be averaged, or be the parents of an evolution."""
    if _shares(spec) == TransferLearningSpec.UNIFORM_AVERAGE_TRANSFER_LEARNING:
        return averaged(spec.transfer_learning_spec)
    evolves = SearchType.REGULARIZED_EVOLUTION in (spec.search_type, *spec.bandit.arms)
    if evolves and _shares(spec) == TransferLearningSpec.SNAPSHOT_TRANSFER_LEARNING:
        return spec.regularized_evolution.population_size
    return 0
