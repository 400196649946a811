"""Runs a search's trainers on a cluster: as Ray actors, as many as there is work and room for.

Takes the flags of `train` but --num_trainers. The same command again goes on where the last one stopped. The model
directory must be one that all machines of the cluster have, and so must the trial database: a server, or a service.
"""

from absl import flags

from ...errors import UsageError
from ..flags import FLAGS, define_search_flags, refuse_arguments, required_model_dir, seconds


def define_flags() -> None:
    """Flags of `launch`."""
    define_search_flags()
    flags.DEFINE_enum("engine", "ray", ["ray"], "What runs the trainers.")
    flags.DEFINE_string("ray_address", "", "Of a Ray cluster: 'auto' for this machine's; empty: one is started here.")
    flags.DEFINE_integer("min_trainers", 1, "Trainers that are there until the end.")
    flags.DEFINE_integer("max_trainers", 4, "More trainers, up to so many, while there are trials for them.")
    flags.DEFINE_float("cpus_per_trainer", 1.0, "CPUs of the cluster that each trainer takes.")
    flags.DEFINE_float("gpus_per_trainer", 0.0, "GPUs that each trainer takes; 0.25 lets four share one.")


def main(arguments: list[str]) -> int:
    """Runs the search; see `main.main` for the exit status."""
    refuse_arguments("launch", arguments)
    required_model_dir()
    from ..ray.launch import launch
    from ..ray.plan import Plan

    for name, least in (("max_trials", 1), ("lease_seconds", 2)):
        if FLAGS[name].value < least:
            raise UsageError(f"--{name}={FLAGS[name].value} is too small: at least {least}")
    plan = Plan(FLAGS.min_trainers, FLAGS.max_trainers, FLAGS.cpus_per_trainer, FLAGS.gpus_per_trainer)
    return launch(plan, FLAGS.ray_address, seconds("time_limit", FLAGS.time_limit))
