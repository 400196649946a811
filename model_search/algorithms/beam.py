"""The trials that a beam search makes new ones from."""

from collections.abc import Sequence

from ..pareto import pareto_front
from ..spec import SearchSpec, cost_of_spec
from ..study import History, Trial

FRONT_OF = 300
"""The Pareto front is that of so many of the best trials, however large the study is."""


# Times the beam's size: so many of the best trials are looked at for different ones.
_EQUALS = 4


def beam_of(spec: SearchSpec, history: History) -> Sequence[Trial]:
    """The best `beam_size` trials, best first, of equal ones one; with a second objective so many of the Pareto front,
    spread evenly from the best objective to the lowest cost."""
    cost = cost_of_spec(spec)
    if not cost:
        return simplest_of_equals(history.best(_EQUALS * spec.beam_size), spec.beam_size)
    return spread(pareto_front(history.best(FRONT_OF), history.objective, cost), spec.beam_size)


def simplest_of_equals(trials: Sequence[Trial], count: int) -> list[Trial]:
    """So many trials, in their order: of those with the same objective the one with the fewest blocks, the first of
    these; more of them only where there are too few others.

    Blocks that do nothing where they stand, such as a pool on a plate of one cell, leave a network what it was: a beam
    that is full of one network's many names has nothing else to edit.
    """
    simplest: dict[float, Trial] = {}
    for trial in trials:
        if trial.result is not None:
            known = simplest.setdefault(trial.result.objective, trial)
            if len(trial.architecture) < len(known.architecture):
                simplest[trial.result.objective] = trial
    chosen = {trial.number for trial in list(simplest.values())[:count]}
    for trial in trials:
        if len(chosen) < count:
            chosen.add(trial.number)
    return [trial for trial in trials if trial.number in chosen]


def spread(front: Sequence[Trial], count: int) -> list[Trial]:
    """At most `count` trials at even distances, the first and the last among them."""
    if len(front) <= count:
        return list(front)
    if count == 1:
        return [front[0]]
    return [front[place * (len(front) - 1) // (count - 1)] for place in range(count)]
