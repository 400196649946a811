"""Whether a trial falls behind others at a rung: decisions on numbers alone."""

import math
from collections.abc import Mapping, Sequence
from statistics import median

from ..proto.search_spec_pb2 import EarlyStoppingSpec
from ..study import Objective

Rung = Mapping[int, float]
"""Objectives by trial number, measured at one step."""


def falls_behind(
    rule: EarlyStoppingSpec, objective: Objective, number: int, rungs: Sequence[Rung], ended: Sequence[Rung]
) -> bool:
    """Whether a trial stops at a rung.

    Args:
      rule: which rule, and its numbers.
      objective: which way values are better.
      number: the trial's, which has a value at the rung.
      rungs: values of all trials at each rung up to this one, the last.
      ended: the same of completed and stopped trials alone.
    """
    if rule.rule == EarlyStoppingSpec.MEDIAN_RULE:
        own = min(objective.cost(rung[number]) for rung in rungs if number in rung)
        return is_behind_median(own, best_so_far(objective, ended), rule.minimum_trials)
    others = [objective.cost(value) for other, value in rungs[-1].items() if other != number]
    own = objective.cost(rungs[-1][number])
    return is_below_share(own, others, rule.reduction_factor, rule.minimum_trials)


def best_so_far(objective: Objective, rungs: Sequence[Rung]) -> list[float]:
    """Lowest cost over all rungs, of each trial that came to the last one."""
    return [min(objective.cost(rung[number]) for rung in rungs if number in rung) for number in rungs[-1]]


def is_behind_median(own: float, others: Sequence[float], minimum: int) -> bool:
    """The median stopping rule after Golovin et al. 2017, section 3.2.2.

    There the others count by the averages of their curves so far, which lag behind rising ones: too many go on.

    Args:
      own: the trial's lowest cost so far.
      others: lowest costs up to the same step of trials that have ended.
      minimum: fewer others stop nothing.
    """
    return len(others) >= minimum and own > median(others)


def is_below_share(own: float, others: Sequence[float], reduction_factor: int, minimum: int) -> bool:
    """Asynchronous successive halving that stops (Li et al. 2020): only the best share, rounded up, goes on.

    Args:
      own: the trial's cost.
      others: costs of other trials at the same step, whatever became of them.
      reduction_factor: one out of so many goes on, those of equal cost besides.
      minimum: fewer others stop nothing.
    """
    if len(others) < minimum:
        return False
    places = math.ceil((len(others) + 1) / reduction_factor)
    return sum(cost < own for cost in others) >= places
