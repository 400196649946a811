"""Shows one trial: architecture, hyperparameters, parents, metrics, curves, error."""

import json

from absl import flags

from ... import files
from ...errors import UsageError
from ...handle import StudyHandle, load
from ...model_dir import TEST_FILE, notes_of, trial_folder
from ...report.leaderboard import teacher_weight
from ...report.tasks import tasks_in
from ...report.trial_page import trial_page
from ...study import Trial
from ...transfer.report import read_report
from ..flags import FLAGS, define_study_flags, model_dir_or_store


def define_flags() -> None:
    """Flags of `show`."""
    define_study_flags("Required without --trial_store.")
    flags.DEFINE_integer("trial", None, "Number of the trial; by default the best.", lower_bound=1)


def main(arguments: list[str]) -> int:
    """Prints one trial. Its number may also be given as an argument."""
    number = trial_number(arguments)
    handle = load(model_dir_or_store(), FLAGS.trial_store, FLAGS.experiment_name, FLAGS.experiment_owner)
    trial = handle.best_trial() if number is None else handle.trial(number)
    content = files.read_bytes(files.join(FLAGS.model_dir, TEST_FILE)) if FLAGS.model_dir else None
    test = json.loads(content) if content else {}
    scored = test["metrics"] if test.get("trial") == trial.number else None
    measurements = handle.store.measurements(handle.study.id, trial.number)
    # Without a model directory there is only what the database knows.
    report = read_report(trial_folder(handle.model_dir, trial.number)) if handle.model_dir else None
    start = report.lines() if report else []
    spec, teacher = handle.study.config.spec, trial.suggestion.teacher if trial.suggestion else None
    weight = teacher_weight(spec, trial.number, teacher)
    notes = notes_of(handle.model_dir, trial.number) if handle.model_dir else []
    tasks = tasks_in(spec)
    print("\n".join(trial_page(trial, measurements, scored, tasks, start, notes, weight, is_written(handle, trial))))
    return 0


def is_written(handle: StudyHandle, trial: Trial) -> bool:
    """Whether the model is where the trial says; so it is of all but means of members, as far as is known here."""
    is_mean = bool(trial.suggestion and trial.suggestion.members and trial.result and trial.result.model)
    if not (is_mean and handle.model_dir):
        return True
    assert trial.result is not None
    return files.exists(files.join(handle.model_dir, trial.result.model))


def trial_number(arguments: list[str]) -> int | None:
    """The trial that `--trial` or the only argument names; None for the best. Raises `UsageError`."""
    if FLAGS.trial is not None or not arguments:
        return FLAGS.trial
    if len(arguments) > 1 or not arguments[0].isdigit() or int(arguments[0]) < 1:
        raise UsageError(f"{' '.join(arguments)!r} is not the number of a trial")
    return int(arguments[0])
