"""One trial in full: what it was, where it came from, how it went."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..study import Measurement, Result, Suggestion, Trial, TrialState
from .leaderboard import leaderboard_row, value_text
from .tasks import TaskPart, metrics_of

BARS = "▁▂▃▄▅▆▇█"

# Origins in words, where they do not explain themselves. "user": `user_suggestions`, which bundled specs have too.
ORIGINS = {"": "unknown", "user": "the spec's suggestions", "drawn": "members drawn from the best trials"}

MODELLESS = {TrialState.STOPPED: "none", TrialState.COMPLETED: "removed to save space (--keep_models)"}
"""Why there is no model, by state."""

UNWRITTEN = " (not there yet; `export --trial` puts it together from its members)"


def trial_page(
    trial: Trial,
    measurements: Sequence[Measurement],
    test: dict[str, float] | None = None,
    tasks: Sequence[TaskPart] = (),
    start: Sequence[str] = (),
    notes: Sequence[str] = (),
    weight: float | None = None,
    is_written: bool = True,
) -> list[str]:
    """Lines of text that show one trial.

    Args:
      trial: the trial.
      measurements: on its way.
      test: metrics on test data, where it was scored.
      tasks: where the search has several.
      start: lines about what its weights started from.
      notes: what else was remembered of it.
      is_written: whether the model's file is there; that of a mean is made when it is asked for.
      weight: lambda, the weight of its teacher's loss, where losses are balanced.
    """
    row = leaderboard_row(trial)
    lines = [
        f"trial {trial.number}: {row['kind'] or 'not suggested yet'}, {trial.state.value}, attempt {trial.attempt}",
        f"trainer: {trial.trainer}",
    ]
    if trial.suggestion:
        origin = ORIGINS.get(trial.suggestion.origin, trial.suggestion.origin)
        parents = ", ".join(map(str, trial.suggestion.parents)) or "none"
        lines += [f"chosen by: {origin}; parents: {parents}"]
        lines += ["architecture:"] if trial.suggestion.architecture.blocks else []
        lines += [f"  {place}  {name}" for place, name in enumerate(trial.suggestion.architecture)]
        lines += section("tasks behind the shared tower", {task.name: task.line for task in tasks}) if tasks else []
        lines += section("hyperparameters", trial.suggestion.hyperparameters)
        lines += member_lines(trial.suggestion)
        lines += teacher_lines(trial.suggestion.teacher, weight)
    lines += start
    lines += [f"note: {note}" for note in notes]
    if trial.result:
        lines += metric_sections("metrics", trial.result.metrics, tasks)
        lines += [f"parameters: {trial.result.parameters:,}", *cost_lines(trial.result)]
        lines += [f"seconds: {trial.result.seconds:.2f}"]
        lines += [f"model: {trial.result.model or MODELLESS[trial.state]}{'' if is_written else UNWRITTEN}"]
    if test:
        lines += metric_sections("test metrics", test, tasks)
    if trial.error:
        lines.append(f"{'error' if row['error'] else 'earlier attempt'}: {trial.error}")
    return lines + curves(measurements)


def member_lines(suggestion: Suggestion) -> list[str]:
    """Which trials' towers are in the model beside its own."""
    if not suggestion.members:
        return []
    own = " and its own tower" if suggestion.architecture.blocks else ""
    return [f"members: {'trial' if len(suggestion.members) == 1 else 'trials'} "
            f"{', '.join(map(str, suggestion.members))}{own}"]  # fmt: skip


def teacher_lines(teacher: int | None, weight: float | None) -> list[str]:
    """Who taught the trial, and with what weight beside the labels."""
    if teacher is None:
        return []
    return [f"teacher: trial {teacher}" + ("" if weight is None else f", lambda {weight:.6g}")]


def cost_lines(result: Result) -> list[str]:
    """What one example costs, as far as it is known."""
    lines = [] if result.flops is None else [f"multiply-adds: {result.flops:,}"]
    return lines if result.latency_ms is None else [*lines, f"latency: {result.latency_ms:.3g} ms"]


def metric_sections(title: str, metrics: Mapping[str, float], tasks: Sequence[TaskPart]) -> list[str]:
    """Metrics of the whole, and those of each task under a title of its own."""
    lines = section(title, metrics_of(metrics))
    for task in tasks:
        lines += section(f"{title} of {task.name}", metrics_of(metrics, task.name))
    return lines


def section(title: str, values: Any) -> list[str]:
    """A title and aligned lines of names and values."""
    width = max((len(name) for name in values), default=0)
    texts = {name: value_text(name, value, digits=6) for name, value in values.items()}
    return [f"{title}:", *(f"  {name:<{width}}  {text}" for name, text in texts.items())]


def curves(measurements: Sequence[Measurement]) -> list[str]:
    """A line a metric that was measured more than once: first, shape, last."""
    series: dict[str, list[float]] = {}
    for measurement in measurements:
        for name, value in measurement.metrics.items():
            series.setdefault(name, []).append(value)
    lines = [
        f"  {name}  {values[0]:.4g} {sparkline(values)} {values[-1]:.4g}"
        for name, values in series.items()
        if len(values) > 1
    ]
    last = max((measurement.step for measurement in measurements), default=0)
    return [f"curves, to step {last}:", *lines] if lines else []


def sparkline(values: Sequence[float]) -> str:
    """Values as a row of bars, the lowest and the highest as they come."""
    low, high = min(values), max(values)
    scale = (len(BARS) - 1) / (high - low) if high > low else 0.0
    return "".join(BARS[round((value - low) * scale)] for value in values)
