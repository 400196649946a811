"""Predictions for raw input: a file or folder of the kind that the model was trained on, or an .npz file of arrays.

Ids are line numbers of CSV files, numbers from 1 of records, rows of Parquet files and lines of text, numbers from 0 in
.npz files, and names of files.
"""

import csv
import sys
from contextlib import nullcontext
from typing import Any

from absl import flags

from ... import files
from ...errors import UsageError
from ...model_dir import SIGNATURE_FILE
from ...words import counted
from ..flags import FLAGS, define_module_flags, define_study_flags, refuse_arguments, required_model_dir
from ..quiet import start_tensorflow
from .export import ENSEMBLE, chosen_trial, define_ensemble_flags


def define_flags() -> None:
    """Flags of `predict`."""
    define_study_flags("Required without --model.")
    define_module_flags()
    flags.DEFINE_string("model", "", "An exported model: .keras file or SavedModel folder; instead of --model_dir.")
    flags.DEFINE_string(
        "trial", "best", "With --model_dir: best, the number of a trial, or ensemble: the best one of all finished."
    )
    define_ensemble_flags()
    flags.DEFINE_string("input", "", "File or folder of raw input. Required.")
    flags.DEFINE_string("output", "", "CSV file to write; by default standard output.")


def main(arguments: list[str]) -> int:
    """Writes a row an example: id, prediction, probabilities."""
    refuse_arguments("predict", arguments)
    if not FLAGS.input:
        raise UsageError("--input is missing: a file or folder of raw input")
    if not FLAGS.model:
        required_model_dir()
    start_tensorflow()
    from ..configuration import load_all_plugins

    load_all_plugins()
    predictor = opened()
    # The first row is made before the output is opened: what is wrong with the input costs no file.
    skipped: list[str] = []
    rows = predictor.rows(FLAGS.input, skipped.append)
    first = next(rows, None)
    try:
        with open(FLAGS.output, "w", newline="", encoding="utf-8") if FLAGS.output else nullcontext(sys.stdout) as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(predictor.columns)
            if first is not None:
                writer.writerow(first)
                writer.writerows(rows)
    except OSError as error:
        raise UsageError(f"--output={FLAGS.output} cannot be written: {error.strerror or error}") from None
    if skipped:
        what = counted(len(skipped), "file cannot be read and has no row", "files cannot be read and have no row")
        named = ", ".join(skipped[:3]) + (", ..." if len(skipped) > 3 else "")
        print(f"note: {what}: {named}", file=sys.stderr)
    return 0


def opened() -> Any:
    """The predictor that `--model`, or `--model_dir` and `--trial`, name."""
    from ...prediction import open_predictor

    if FLAGS.model:
        return open_predictor(FLAGS.model)
    from ...best_ensemble import write_ensemble
    from ...handle import load

    handle = load(FLAGS.model_dir, FLAGS.trial_store, FLAGS.experiment_name, FLAGS.experiment_owner)
    if FLAGS.trial == ENSEMBLE:
        ensemble = handle.best_ensemble(FLAGS.ensemble_size, FLAGS.ensemble_method)
        print(f"note: by the ensemble of trials {ensemble.text}", file=sys.stderr)
        path = write_ensemble(FLAGS.model_dir, ensemble)
    else:
        path = handle.model_path(chosen_trial(FLAGS.trial, f" nor {ENSEMBLE!r}"))
    return open_predictor(path, files.join(FLAGS.model_dir, SIGNATURE_FILE))
