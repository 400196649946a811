"""Shows the trials of a search, best first."""

import csv
import json
import sys
from collections.abc import Sequence
from typing import Any

from absl import flags

from ...errors import UsageError
from ...handle import load
from ...pareto import COSTS, pareto_front
from ...report.leaderboard import has_balanced_losses, leaderboard_rows
from ...report.tasks import tasks_in
from ...spec import cost_of_spec, parse_spec
from ...study import StudyConfig, Trial
from ..flags import FLAGS, define_study_flags, model_dir_or_store, refuse_arguments
from ..summary import print_table


def define_flags() -> None:
    """Flags of `leaderboard`."""
    define_study_flags("Required without --trial_store.")
    flags.DEFINE_string("format", "table", "table, json or csv.")
    flags.DEFINE_flag(
        # Without a value it is read as true, as a switch.
        flags.Flag(
            flags.EnumParser(["", "true", "false", *COSTS]),
            flags.ArgumentSerializer(),
            "pareto",
            "",
            f"Only trials that no other beats in both objective and cost: {', '.join(COSTS)}; by default the spec's"
            " second objective, or parameters.",
            boolean=True,
        )
    )
    flags.DEFINE_integer("top", 0, "Only the first so many; 0 for all.", lower_bound=0)


def main(arguments: list[str]) -> int:
    """Prints the leaderboard; 1 where no trial has completed."""
    refuse_arguments("leaderboard", arguments)
    if FLAGS.format not in WRITERS:
        raise UsageError(f"--format={FLAGS.format} is unknown; known: {', '.join(WRITERS)}")
    handle = load(model_dir_or_store(), FLAGS.trial_store, FLAGS.experiment_name, FLAGS.experiment_owner)
    config = handle.study.config
    rows = leaderboard_rows(shown_trials(handle.trials(), config), config)
    WRITERS[FLAGS.format](rows[: FLAGS.top or None], config)
    return 0 if any(row["state"] == "COMPLETED" for row in rows) else 1


def shown_trials(trials: Sequence[Trial], config: StudyConfig) -> Sequence[Trial]:
    """All trials, or the front that `--pareto` asks for."""
    if FLAGS.pareto in ("", "false"):
        return trials
    cost = FLAGS.pareto if FLAGS.pareto in COSTS else cost_of_spec(parse_spec(config.spec, "of the study"))
    return pareto_front(trials, config.objective, cost or COSTS[0])


def write_json(rows: list[dict[str, Any]], config: StudyConfig) -> None:
    """A list of objects."""
    json.dump(rows, sys.stdout, indent=1)
    print()


def write_csv(rows: list[dict[str, Any]], config: StudyConfig) -> None:
    """A line a trial; what is not a number or text is JSON inside its cell."""
    columns = ["number", "kind", "state", "objective", "metrics", "architecture", "hyperparameters", "parameters",
               "flops", "latency_ms", "parents", "members", "teacher", "seconds", "model", "error"]  # fmt: skip
    columns += ["lambda"] if has_balanced_losses(config.spec) else []
    columns += ["tasks"] if tasks_in(config.spec) else []
    writer = csv.DictWriter(sys.stdout, columns, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        cells = {key: json.dumps(value) if isinstance(value, (dict, list)) else value for key, value in row.items()}
        writer.writerow(cells)


WRITERS = {"table": print_table, "json": write_json, "csv": write_csv}
