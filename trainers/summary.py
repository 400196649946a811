"""What `train` ends with: the table, the best model, and what to type next."""

import json
import os
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from .. import files
from ..model_dir import TEST_FILE, refitted_model
from ..report.leaderboard import hyperparameter_text, leaderboard_rows, members_text, teacher_text
from ..report.tasks import TaskPart, tasks_in
from ..result_trial import result_trial
from ..study import Study, StudyConfig, TrialState
from ..trial_store.contract import TrialStore
from ..words import counted


def print_table(rows: Sequence[dict[str, Any]], config: StudyConfig) -> None:
    """The leaderboard as a table; as wide as it needs where the output is not a terminal.

    Of several tasks each has a column with its main metric, and a line below that says what is its own.
    """
    metric, tasks = config.objective.metric, tasks_in(config.spec)
    further = further_metrics(tasks, metric)
    console = Console(file=sys.stdout)
    if not console.is_terminal:
        console = Console(file=sys.stdout, width=200)
    table = Table(box=None, pad_edge=False)
    columns = (
        *(("rank", "right"), ("trial", "right"), ("state", "left"), (metric, "right")),
        *((name, "right") for name in further),
        *(
            ("parameters", "right"),
            ("multiply-adds", "right"),
            ("ms", "right"),
            ("seconds", "right"),
            ("architecture", "left"),
            ("hyperparameters or error", "left"),
        ),
    )
    for title, justify in columns:
        table.add_column(title, justify=justify, overflow="fold")  # type: ignore[arg-type]
    for rank, row in enumerate(rows, 1):
        scored = row["objective"] is not None
        table.add_row(
            str(rank) if row["state"] == TrialState.COMPLETED.value else "",
            str(row["number"]),
            row["state"].lower(),
            f"{row['objective']:.4f}" if scored else "",
            *(f"{row['metrics'][name]:.4f}" if name in row["metrics"] else "" for name in further),
            f"{row['parameters']:,}" if scored else "",
            f"{row['flops']:,}" if row["flops"] is not None else "",
            f"{row['latency_ms']:.3g}" if row["latency_ms"] is not None else "",
            f"{row['seconds']:.2f}" if scored else "",
            " > ".join(row["architecture"]),
            row["error"] if not scored and row["error"] else values_text(row),
        )
    with console.capture() as captured:
        console.print(table, highlight=False, markup=False)
    print("\n".join(line.rstrip() for line in captured.get().splitlines()))
    for task in tasks:
        print(f"task {task.name}: shared tower > {task.line}")


def values_text(row: Mapping[str, Any]) -> str:
    """Members, teacher and hyperparameters of a row, on one line."""
    return ", ".join(filter(None, (members_text(row), teacher_text(row), hyperparameter_text(row["hyperparameters"]))))


def further_metrics(tasks: Sequence[TaskPart], metric: str) -> list[str]:
    """The main metric of each task but that which ranks the trials, as all metrics are called."""
    names = [f"{task.name}/{task.headline}" for task in tasks]
    ranking = metric if "/" in metric or not tasks else f"{tasks[0].name}/{metric}"
    return [name for name in names if name != ranking]


def finish(store: TrialStore, study: Study, model_dir: str, timed_out: bool, interruption: int) -> int:
    """Prints the end of a search and gives the command's exit status.

    Args:
      store, study, model_dir: the search.
      timed_out: whether the time limit ended it.
      interruption: exit status of a program that a signal ended; 0 where none came.
    """
    trials = store.trials(study.id)
    rows = leaderboard_rows(trials, study.config)
    print()
    print_table(rows[:20], study.config)
    if len(rows) > 20:
        print(f"... and {len(rows) - 20} more: model_search leaderboard --model_dir={shlex.quote(model_dir)}")
    completed = [row for row in rows if row["state"] == TrialState.COMPLETED.value]
    print()
    result = result_trial(store, study) if completed else None
    if result is not None:
        print_best(next(row for row in completed if row["number"] == result.number), model_dir)
    else:
        print("no trial completed")
    if interruption or timed_out:
        left = study.config.max_trials - sum(trial.state.is_final for trial in trials)
        reason = "interrupted" if interruption else "the time limit was reached"
        print(f"{reason}: {counted(left, 'trial is', 'trials are')} left; the same command again goes on")
    return interruption or (0 if completed else 1)


def print_best(best: dict[str, Any], model_dir: str) -> None:
    """The best model's path, its test score where there is one, and the next commands."""
    quoted = shlex.quote(model_dir)
    refitted = refitted_model(model_dir, best["number"])
    how = ", trained on all examples" if refitted else ""
    print(f"best model: {refitted or files.join(model_dir, best['model'])} (trial {best['number']}{how})")
    content = files.read_bytes(files.join(model_dir, TEST_FILE))
    test = json.loads(content) if content else {}
    if test.get("trial") == best["number"]:
        print("test data: " + ", ".join(f"{name} {value:.4f}" for name, value in test["metrics"].items()))
    program = shlex.quote(program_name())
    print("next:")
    print(f"  {program} show --model_dir={quoted} --trial={best['number']}")
    print(f"  {program} export --model_dir={quoted} --output=best.keras")
    print(f"  {program} predict --model_dir={quoted} --input=FILE --output=predictions.csv")


def program_name() -> str:
    """What to type for this program: its name where it is on the search path, else the path it was started by."""
    if shutil.which("model_search") or os.path.basename(sys.argv[0]) != "model_search":
        return "model_search"
    return os.path.relpath(sys.argv[0])
