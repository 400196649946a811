"""Trials that no other beats in both the objective and a cost."""

from collections.abc import Iterable

from .study import Objective, Trial, TrialState

COSTS = ("parameters", "flops", "latency_ms")
"""Costs of a trial's network: names of fields of `Result`."""


def pareto_front(trials: Iterable[Trial], objective: Objective, cost: str) -> list[Trial]:
    """Completed trials that no other beats, by being as good in objective and cost and better in one; best first.

    Args:
      trials: any; those whose cost is not known are on no front.
      objective: of the study.
      cost: one of `COSTS`; lower is better.
    """
    points = sorted(
        (objective.cost(trial.result.objective), value, trial.number, trial)
        for trial in trials
        if trial.state is TrialState.COMPLETED and trial.result is not None
        for value in (getattr(trial.result, cost),)
        if value is not None
    )
    front: list[Trial] = []
    last: tuple[float, float] | None = None
    for loss, value, _, trial in points:
        # Sorted by objective, so that what comes later must be cheaper than all before, or equal in both.
        if last is None or value < last[1] or (loss, value) == last:
            front.append(trial)
            last = (loss, value)
    return front
