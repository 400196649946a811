"""The trials that a beam search makes new ones from."""

from collections.abc import Sequence

from ..pareto import pareto_front
from ..spec import SearchSpec, cost_of_spec
from ..study import History, Trial

FRONT_OF = 300
"""The Pareto front is that of so many of the best trials, however large the study is."""


def beam_of(spec: SearchSpec, history: History) -> Sequence[Trial]:
    """The best `beam_size` trials, best first; with a second objective so many of the Pareto front, spread evenly from
    the best objective to the lowest cost."""
    cost = cost_of_spec(spec)
    if not cost:
        return history.best(spec.beam_size)
    return spread(pareto_front(history.best(FRONT_OF), history.objective, cost), spec.beam_size)


def spread(front: Sequence[Trial], count: int) -> list[Trial]:
    """At most `count` trials at even distances, the first and the last among them."""
    if len(front) <= count:
        return list(front)
    if count == 1:
        return [front[0]]
    return [front[place * (len(front) - 1) // (count - 1)] for place in range(count)]
