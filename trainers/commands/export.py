"""Writes the model of the best trial, or of any, as one file or folder that takes raw input."""

from absl import flags

from ...errors import UsageError
from ...handle import StudyHandle, load
from ...model_dir import refitted_model
from ..flags import FLAGS, define_module_flags, define_study_flags, refuse_arguments, required_model_dir
from ..quiet import silenced_stderr, start_tensorflow

ENSEMBLE = "ensemble"
"""What `--trial` is for the best ensemble of all finished trials."""


def define_flags() -> None:
    """Flags of `export`."""
    define_study_flags()
    define_module_flags()
    flags.DEFINE_string("output", "", "File ending in .keras, or folder for a SavedModel. Required.")
    flags.DEFINE_string("format", "", "keras or saved_model; by default by the ending of --output.")
    flags.DEFINE_string(
        "trial", "best", "best, the number of a trial, or ensemble: the best one of all finished trials."
    )
    define_ensemble_flags()


def define_ensemble_flags() -> None:
    """Flags of how the best ensemble is selected."""
    flags.DEFINE_integer("ensemble_size", 10, "With --trial=ensemble: members at most.")
    flags.DEFINE_string(
        "ensemble_method", "greedy", "With --trial=ensemble: greedy (a mean of them) or stacking (which weighs them)."
    )


def main(arguments: list[str]) -> int:
    """Exports and says where to."""
    refuse_arguments("export", arguments)
    if not FLAGS.output:
        raise UsageError("--output is missing: a file ending in .keras, or a folder for a SavedModel")
    number = None if FLAGS.trial == ENSEMBLE else chosen_trial(FLAGS.trial, f" nor {ENSEMBLE!r}")
    handle = load(required_model_dir(), FLAGS.trial_store, FLAGS.experiment_name, FLAGS.experiment_owner)
    start_tensorflow()
    from ..configuration import load_all_plugins

    load_all_plugins()
    if FLAGS.trial == ENSEMBLE:
        return export_ensemble(handle)
    with silenced_stderr():
        path = handle.export(FLAGS.output, number, FLAGS.format)
    trial = number or handle.best_trial().number
    is_refitted = number is None and refitted_model(handle.model_dir, trial) is not None
    print(f"trial {trial}{', trained on all examples,' if is_refitted else ''} exported to {path}")
    return 0


def export_ensemble(handle: StudyHandle) -> int:
    """Exports the best ensemble, and says what is in it and how it does on examples that it was not selected by."""
    ensemble = handle.best_ensemble(FLAGS.ensemble_size, FLAGS.ensemble_method)
    with silenced_stderr():
        path = handle.export_ensemble(FLAGS.output, ensemble, FLAGS.format)
    metric = handle.study.config.objective.metric
    print(f"ensemble of trials {ensemble.text} exported to {path}")
    print(
        f"{metric} on the half of the evaluation data that it was not selected by: {ensemble.metrics[metric]:.4f};"
        f" the best single trial, {ensemble.single}: {ensemble.single_metrics[metric]:.4f}"
    )
    return 0


def chosen_trial(text: str, more: str = "") -> int | None:
    """`best` as None, else a trial's number. Raises `UsageError`, which says what `more` is possible."""
    if text == "best":
        return None
    if not text.isdigit() or int(text) < 1:
        raise UsageError(f"--trial={text} is neither 'best' nor the number of a trial{more}")
    return int(text)
