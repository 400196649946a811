"""The first half of a trial: what it trains, built and within the limits on its costs."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass

import keras

from .combine_trial import Combined, combined
from .controller import USER, SearchSpaceExhaustedError
from .converters import suggestion_text
from .ensemble_networks import ensemble_of
from .model_dir import add_note
from .network.costs import Costs, costs_of
from .network.reloading import check_reloads
from .network.tower import Tower
from .phases import kind_of
from .repeats import repeats_another
from .replay import wait_for_needs
from .search_parts import Search
from .spec.replay import REPLAY, original_number
from .start_weights import SNAPSHOT
from .stored_networks import tower_of
from .study import Suggestion, TrialKind, is_pruned
from .training.failures import check_memory
from .training.fit import InterruptedTraining
from .training.limits import LimitError, check_costs, check_parameters
from .training.workers import workers_of
from .trial_store.contract import Claim, DuplicateSuggestionError

MAX_PROPOSALS = 100
# So often the architecture may be one that is under way already, before it is trained twice all the same: few are left.
MAX_SHARED = 3
# So many networks above the limits are replaced in one trial; then it is infeasible, and the next one looks further.
MAX_REFUSALS = 20
# So many networks that other trials train already are replaced in one trial, before one is trained again all the same.
MAX_REPEATS = 20


@dataclass(frozen=True)
class Prepared:
    """A network that is about to be trained: what it was made from, with its initial weights, and what it costs."""

    suggestion: Suggestion
    tower: Tower
    costs: Costs


def prepared(search: Search, claim: Claim) -> Prepared | Combined:
    """The trial's network, or an ensemble that needs none.

    One above the limits, or that another trial trains under another name, is refused, remembered as failed, and another
    one is proposed.

    Raises:
      TrialError: it cannot be built, or `MAX_REFUSALS` were above the limits.
      InterruptedTraining: `search.stop` was set meanwhile, or a replay's trial must wait for others (`NotYetError`).
      SearchSpaceExhaustedError: there is nothing new to try.
      LeaseLostError: somebody else has the trial now.
    """
    wait_for_needs(search, claim.number)
    seed = seed_of(search, claim.number)
    refusals, repeats = 0, 0
    for suggestion, is_new in suggestions(search, claim):
        try:
            ensemble = combined(search, suggestion)
            if ensemble is not None:
                check_costs(search.options, ensemble.costs)
                return ensemble
            tower = build(search, suggestion, seed)
            if not is_new or repeats >= MAX_REPEATS or not repeats_another(search, claim, suggestion, tower):
                costs = costs_of(tower)
                check_costs(search.options, costs)
                note_missing_kind(search, claim.number, suggestion)
                return Prepared(suggestion, tower, costs)
            repeats += 1
        except LimitError:
            refusals += 1
            if refusals >= MAX_REFUSALS:
                raise
        search.store.refuse(claim)
        keras.utils.clear_session()
        if search.stop.is_set():
            raise InterruptedTraining(f"trial {claim.number} was interrupted before it trained")
    raise SearchSpaceExhaustedError(f"everything that the spec allows has been tried{_within(search)}")


def note_missing_kind(search: Search, number: int, suggestion: Suggestion) -> None:
    """Says, where a trial searches that was to be an ensemble or a student, what there was not."""
    due = kind_of(search.spec, number)
    if suggestion.origin == REPLAY or due is suggestion.kind:
        return
    missing = {
        TrialKind.ENSEMBLE: f"there was no new ensemble of completed trials to make{_within(search)}",
        TrialKind.DISTILLATION: "no trial had completed that could teach",
    }
    if due in missing:
        note = f"searched, since {missing[due]}"
        logging.getLogger(__name__).warning("trial %d %s", number, note)
        add_note(search.model_dir, number, note)


def suggestions(search: Search, claim: Claim) -> Iterator[tuple[Suggestion, bool]]:
    """What the trial may train, each stored before it is given: what an earlier attempt left, then new ones.

    With each comes whether the search proposes its architecture for the first time.

    Trainers that ask at the same moment may be told the same architecture. Each looks around after its own is stored,
    so at least one of them sees the other, and asks again. In the same way it finds out where the files of a trial that
    it needs were removed meanwhile (`retention`).
    """
    if claim.suggestion is not None:
        yield claim.suggestion, False
    shared = lost = 0
    for salt in range(MAX_PROPOSALS):
        try:
            suggestion = search.controller.suggest(claim.number, search.history, salt)
        except SearchSpaceExhaustedError as error:
            raise SearchSpaceExhaustedError(f"{error}{_within(search)}") from None
        is_wanted = suggestion.origin in (USER, REPLAY)
        is_new = not (is_wanted or search.history.has_tried(suggestion.architecture))
        try:
            search.store.suggest(claim, suggestion)
        except DuplicateSuggestionError:
            continue
        if shared < MAX_SHARED and not is_wanted and _is_under_way(search, claim, suggestion):
            shared += 1
            continue
        if lost < MAX_SHARED and _needs_what_is_gone(search, suggestion):
            lost += 1
            continue
        yield suggestion, is_new


def _needs_what_is_gone(search: Search, suggestion: Suggestion) -> bool:
    """Whether the files of a member, of the teacher or of the parent were removed to save space."""
    teacher = () if suggestion.teacher is None else (suggestion.teacher,)
    shares = search.spec.transfer_learning_spec.transfer_learning_type == SNAPSHOT
    for number in (*suggestion.members, *teacher, *(suggestion.parents[:1] if shares else ())):
        trial = search.store.trial(search.study.id, number)
        if trial is not None and is_pruned(trial):
            return True
    return False


def _is_under_way(search: Search, claim: Claim, suggestion: Suggestion) -> bool:
    """Whether another trial that has not ended trains the same architecture for the same."""
    others = (trial.suggestion for trial in search.history.running() if trial.number != claim.number)
    return any(_purpose(other) == _purpose(suggestion) for other in others if other is not None)


def _purpose(suggestion: Suggestion) -> tuple[object, ...]:
    return suggestion.kind, suggestion.architecture, suggestion.members


def _within(search: Search) -> str:
    limits = [f"--{name}={value}" for name, value in search.options.limits().items()]
    return f" within {' and '.join(limits)}" if limits else ""


def seed_of(search: Search, number: int) -> int:
    """The seed of a trial's weights and order of examples."""
    return (search.study.config.seed * 1_000_003 + original_number(search.spec, number)) % 2**31


def build(search: Search, suggestion: Suggestion, seed: int) -> Tower:
    """The suggested network with its initial weights, drawn from the seed; members have those they were trained to.

    Raises:
      TrialError: it cannot be built, or has more weights than allowed or than memory, or a member's files are gone.
    """
    if (workers := workers_of(search.strategy)) is not None and workers.is_chief:
        workers.tell(build=suggestion_text(0, suggestion), seed=seed)
    keras.utils.set_random_seed(seed)
    keras.config.set_dtype_policy(search.options.mixed_precision or "float32")
    tower = ensemble_of(search, suggestion) if suggestion.members else tower_of(search, suggestion)
    check_parameters(search.options, tower.parameters)
    check_memory(tower.parameters)
    check_reloads(tower.model, suggestion.architecture)
    return tower
