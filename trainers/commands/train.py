"""Runs a search: starts it, resumes it, or joins one that is running.

The same command again goes on where the last one stopped. A larger --max_trials extends a finished search.
"""

from absl import flags

from ...errors import UsageError
from ..flags import (
    FLAGS,
    define_search_flags,
    refuse_arguments,
    required_model_dir,
    seconds,
)
from ..in_step import trains_in_step
from ..threads import set_threads


def define_flags() -> None:
    """Flags of `train`."""
    define_search_flags()
    flags.DEFINE_integer("num_trainers", 1, "Local trainer processes; 0 trains in this process, for debuggers.")
    flags.DEFINE_integer(
        "threads_per_trainer", 0, "Processor threads of each trainer; 0: they share the cores.", lower_bound=0
    )
    flags.DEFINE_enum("supervised", "", ["", "lead", "helper"], "Internal: this process is a trainer of a supervisor.")


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
    set_threads(FLAGS.threads_per_trainer)
    if trains_in_step():
        if FLAGS.num_trainers:
            raise UsageError(f"--num_trainers={FLAGS.num_trainers}: a worker of TF_CONFIG is one process; give 0")
        from ..trainer_process import run_worker

        return run_worker(time_limit)
    if FLAGS.num_trainers == 0:
        from ..trainer_process import run_here

        return run_here(time_limit)
    from ..supervisor import supervise

    return supervise(FLAGS.num_trainers, time_limit)
