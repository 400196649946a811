"""`replay.pbtxt`: a spec that trains a trial again, with all that it was made from, in the order of their making."""

from collections.abc import Iterable
from dataclasses import replace

from google.protobuf import text_format

from . import files
from .converters import hyperparameters_to_proto
from .errors import TrialError
from .model_dir import is_untaught, trial_folder
from .proto.search_spec_pb2 import ReplayTrial, SearchSpec
from .search_parts import Search
from .spec.replay import original_number, replay_needs
from .study import Suggestion, TrialKind, TrialState
from .training.fit import InterruptedTraining
from .transfer.report import TransferReport, read_report

REPLAY_FILE = "replay.pbtxt"

MAX_TRIALS = 500
"""A replay of more trials than this is not written: averages may be made from all trials of a search."""


class NotYetError(InterruptedTraining):
    """A trial of a replay must wait for others, which are running: it is given back."""


def wait_for_needs(search: Search, number: int) -> None:
    """Lets a replay's trial train only when those that it is made from have completed.

    Raises:
      NotYetError: one of them runs or waits.
      TrialError: one of them ended without a model.
    """
    for needed in replay_needs(search.spec, number):
        trial = search.store.trial(search.study.id, needed)
        if trial is None or not trial.state.is_final:
            raise NotYetError(f"trial {number} waits for trial {needed}")
        if trial.state is not TrialState.COMPLETED:
            raise TrialError(f"trial {needed}, which it is made from, has not completed: {trial.error}")


def write_replay(search: Search, number: int, suggestion: Suggestion) -> None:
    """Writes `replay.pbtxt` into the folder of a trial that is about to be reported; not where a teacher from outside,
    who is in no replay, teaches."""
    if search.teacher is not None:
        return
    spec = replay_spec(search, number, suggestion)
    path = files.join(trial_folder(search.model_dir, number), REPLAY_FILE)
    if len(spec.replay.trials) <= MAX_TRIALS:
        files.write_atomically(path, text_format.MessageToString(spec).encode())


def replay_spec(search: Search, number: int, suggestion: Suggestion) -> SearchSpec:
    """The study's spec with, in place of a search, the trial and all that it was made from."""
    spec = SearchSpec()
    spec.CopyFrom(search.spec)
    for field in ("user_suggestions", "early_stopping", "enable_fast_termination", "replay"):
        spec.ClearField(field)
    made = _Making(search, {number: suggestion})
    made.add(number)
    options = search.options
    spec.replay.trials.extend(made.entries)
    spec.replay.seed = search.study.config.seed
    spec.replay.train_steps, spec.replay.batch_size = options.train_steps, options.batch_size
    spec.replay.mixed_precision = options.mixed_precision
    return spec


class _Making:
    """Entries of a replay: each trial once, behind those that it was made from."""

    def __init__(self, search: Search, known: dict[int, Suggestion]):
        self.entries: list[ReplayTrial] = []
        self._search = search
        self._known = known
        self._places: dict[int, int] = {}

    def add(self, number: int) -> None:
        """Adds a trial and all that it was made from, without recursion: a chain of parents may be long."""
        ahead = [number]
        while ahead and len(self.entries) <= MAX_TRIALS:
            suggestion, report = self._suggestion(ahead[-1]), self._report(ahead[-1])
            missing = [needed for needed in _needs(suggestion, report) if needed not in self._places]
            if missing:
                ahead += reversed(missing)
                continue
            current = ahead.pop()
            if current not in self._places:
                self.entries.append(self._entry(current, suggestion, report))
                self._places[current] = len(self.entries)

    def _entry(self, number: int, suggestion: Suggestion, report: TransferReport | None) -> ReplayTrial:
        entry = ReplayTrial(
            original=original_number(self._search.spec, number),
            kind=suggestion.kind.value,
            architecture=suggestion.architecture.blocks,
            hparams=hyperparameters_to_proto(suggestion.hyperparameters),
            members=[self._places[member] for member in suggestion.members],
            teacher=None if suggestion.teacher is None else self._places[suggestion.teacher],
        )
        for origin in report.origins if report else ():
            if not origin.error:  # What could not be read then is not taken now.
                entry.starts.add(trial=self._places[origin.trial], weight=origin.weight)
        return entry

    def _suggestion(self, number: int) -> Suggestion:
        if number not in self._known:
            trial = self._search.store.trial(self._search.study.id, number)
            if trial is None or trial.suggestion is None:
                raise TrialError(f"trial {number}, which the trial is made from, is not in the database")
            self._known[number] = trial.suggestion
        known = self._known[number]
        if known.teacher is not None and is_untaught(self._search.model_dir, number):
            # As it was trained: a tower like others.
            return replace(known, kind=TrialKind.SEARCH, teacher=None)
        return known

    def _report(self, number: int) -> TransferReport | None:
        return read_report(trial_folder(self._search.model_dir, number))


def _needs(suggestion: Suggestion, report: TransferReport | None) -> Iterable[int]:
    """Trials that a trial was made from, in ascending order."""
    teacher = set() if suggestion.teacher is None else {suggestion.teacher}
    starts = {origin.trial for origin in report.origins if not origin.error} if report else set()
    return sorted({*suggestion.members, *teacher, *starts})
