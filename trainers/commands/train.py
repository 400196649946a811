"""Runs a search: starts it, resumes it, or joins one that is running.

The same command again goes on where the last one stopped. A larger --max_trials extends a finished search.
"""

from absl import flags

from ...errors import UsageError
from ...training.options import KEEP_MODELS
from ..flags import (
    FLAGS,
    define_data_flags,
    define_spec_flags,
    define_study_flags,
    define_training_flags,
    refuse_arguments,
    required_model_dir,
    seconds,
)


def define_flags() -> None:
    """Flags of `train`."""
    define_study_flags()
    define_spec_flags()
    define_data_flags()
    define_training_flags()
    flags.DEFINE_integer("max_trials", 20, "Trials of the whole study, however many trainers there are.")
    flags.DEFINE_string("time_limit", "", "Stop after 90 (seconds), 15m, 2h or 1d; the same command again resumes.")
    flags.DEFINE_integer(
        "keep_models",
        KEEP_MODELS,
        "So many of the best trials keep models and weights, besides those that other trials need; 0: all.",
        lower_bound=0,
    )
    flags.DEFINE_integer("num_trainers", 1, "Local trainer processes; 0 trains in this process, for debuggers.")
    flags.DEFINE_string("trainer_id", "", "Label of these trainers, shown by `show`.")
    flags.DEFINE_float("lease_seconds", 60.0, "A trial whose trainer is silent for so long is taken up by another.")
    flags.DEFINE_enum("supervised", "", ["", "lead", "helper"], "Internal: this process is a trainer of a supervisor.")
    flags.DEFINE_alias("experiment_max_num_trials", "max_trials")
    flags.DEFINE_alias("tuner_id", "trainer_id")


def main(arguments: list[str]) -> int:
    """Runs the search; see `main.main` for the exit status."""
    refuse_arguments("train", arguments)
    required_model_dir()
    for name, least in (("num_trainers", 0), ("max_trials", 1), ("lease_seconds", 2)):
        if FLAGS[name].value < least:
            raise UsageError(f"--{name}={FLAGS[name].value} is too small: at least {least}")
    time_limit = seconds("time_limit", FLAGS.time_limit)
    if FLAGS.supervised:
        from ..trainer_process import run_supervised

        return run_supervised(is_lead=FLAGS.supervised == "lead")
    if FLAGS.num_trainers == 0:
        from ..trainer_process import run_here

        return run_here(time_limit)
    from ..supervisor import supervise

    return supervise(FLAGS.num_trainers, time_limit)
