"""LINEAR_MODEL: the tower that a linear model of the objective holds for the best.

A ridge regression (Hoerl and Kennard 1970) of the cost on which block stands at which place, places counted from the
head or from the base of the towers. Costs of places add up, so the best tower has the best block at each place; where
that has been trained, the next best follows, found best first without listing the space (Lawler 1972, "A Procedure for
Computing the K Best Solutions to Discrete Optimization Problems", Management Science).
"""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

import numpy as np

from ..architecture import depth
from ..proto.search_spec_pb2 import LinearModelSpec
from ..spec import SearchSpec
from ..spec.towers import role_of
from ..study import History
from . import coordinate_descent, random_search
from .algorithm import Proposal
from .alphabet import Alphabet, alphabet_of, written
from .choice import first_new
from .depths import may_grow
from .evidence import costs_of, evidence, known_last

_CANDIDATES = 400
# Robust standard deviations: 1.4826 times the median absolute deviation, that of a normal distribution.
_OUTLIER, _TO_DEVIATION = 3.0, 1.4826
# Of weights of standardised costs: what differs by less is rounding noise, and a tie.
_DECIMALS = 9


@dataclass(frozen=True)
class AdditiveModel:
    """Costs of blocks at places; a tower's cost is their sum, up to a constant.

    Attributes:
      weights: (places, letters); place 0 is the one that places are counted from.
      from_head: whether that is the place next to the logits.
    """

    weights: np.ndarray
    from_head: bool

    def costs(self, places: int) -> np.ndarray:
        """Of towers of so many blocks, from the base: (places, letters); 0 at places that no trial had."""
        costs = np.zeros((places, self.weights.shape[1]))
        seen = min(places, len(self.weights))
        costs[:seen] = self.weights[:seen]
        return costs[::-1] if self.from_head else costs


def suggest(spec: SearchSpec, history: History, rng: np.random.Generator) -> Proposal:
    """Proposes the model's best new tower; random ones before `trials_before_fit` trials. See `SearchAlgorithm`."""
    if history.completed_count() < spec.linear_model.trials_before_fit:
        random = random_search.candidates(spec, rng)
        return first_new(chain(random, coordinate_descent.left(spec, history, rng)), history)
    alphabet, trials = alphabet_of(spec), evidence(history)
    strings = [alphabet.read(trial.architecture) for trial in trials]
    readable = [place for place, string in enumerate(strings) if string]
    costs = costs_of(history, [trials[place] for place in readable])
    model = fit([strings[place] or () for place in readable], costs, len(alphabet.names), spec.linear_model)
    modelled = (
        Proposal(written(spec, alphabet, letters), origin="linear model")
        for places in _depths(spec, history, rng)
        for letters in islice(cheapest(model.costs(places), alphabet, rng), _CANDIDATES)
    )
    new_first = known_last(modelled, history, trials)
    return first_new(chain(new_first, coordinate_descent.left(spec, history, rng)), history)


def fit(
    strings: Sequence[tuple[int, ...]], costs: np.ndarray, letters: int, settings: LinearModelSpec
) -> AdditiveModel:
    """The model of strings and their costs.

    With `remove_outliers` costs more than 3 robust standard deviations above the median are left out: trainings that
    went astray. Good ones never are.
    """
    from sklearn.linear_model import Ridge

    from_head = settings.network_alignment == LinearModelSpec.NetworkAlignment.NET_ALIGN_HEAD
    kept = _without_outliers(costs) if settings.remove_outliers else list(range(len(costs)))
    if not kept:
        return AdditiveModel(np.zeros((0, letters)), from_head)
    there = np.zeros((len(kept), max(len(strings[row]) for row in kept), letters))
    for index, row in enumerate(kept):
        string = strings[row][::-1] if from_head else strings[row]
        there[index, np.arange(len(string)), list(string)] = 1.0
    target = costs[kept] - costs[kept].mean()
    target = target / (target.std() or 1.0)
    ridge = Ridge(alpha=settings.ridge_penalty).fit(there.reshape(len(kept), -1), target)
    return AdditiveModel(ridge.coef_.reshape(there.shape[1:]), from_head)


def cheapest(costs: np.ndarray, alphabet: Alphabet, rng: np.random.Generator) -> Iterator[tuple[int, ...]]:
    """Every string of a tower's order, by the sum of its letters' costs (places, letters); ties by chance."""
    costs = np.round(costs, _DECIMALS)
    choices: list[list[list[int]]] = []
    heap: list[tuple[float, float, int, tuple[int, ...], int]] = []
    for mask in alphabet.orders(len(costs)):
        rows = [_ranked(*place, rng) for place in zip(costs, mask, strict=True)]
        if all(rows):
            least = sum(row[letters[0]] for row, letters in zip(costs, rows, strict=True))
            heap.append((round(float(least), _DECIMALS), rng.random(), len(choices), (0,) * len(rows), 0))
            choices.append(rows)
    heapq.heapify(heap)
    while heap:
        cost, _, order, ranks, changed = heapq.heappop(heap)
        rows = choices[order]
        yield tuple(row[rank] for row, rank in zip(rows, ranks, strict=True))
        # Only places from the last changed one on take their next letter: each string comes from one other only.
        for place in range(changed, len(rows)):
            rank, letters = ranks[place], rows[place]
            if rank + 1 < len(letters):
                after = cost + costs[place, letters[rank + 1]] - costs[place, letters[rank]]
                moved = (*ranks[:place], rank + 1, *ranks[place + 1 :])
                heapq.heappush(heap, (round(float(after), _DECIMALS), rng.random(), order, moved, place))


def _ranked(costs: np.ndarray, allowed: np.ndarray, rng: np.random.Generator) -> list[int]:
    """Allowed letters by cost; equal ones in random order."""
    letters = rng.permutation(np.flatnonzero(allowed))
    return [int(letter) for letter in letters[np.argsort(costs[letters], kind="stable")]]


def _without_outliers(costs: np.ndarray) -> list[int]:
    """Places of the costs that are not far above the others; all where more than half are equal."""
    above = costs - np.median(costs) if len(costs) else costs
    deviation = _TO_DEVIATION * float(np.median(np.abs(above))) if len(costs) else 0.0
    return [row for row, value in enumerate(above) if not deviation or value <= _OUTLIER * deviation]


def _depths(spec: SearchSpec, history: History, rng: np.random.Generator) -> list[int]:
    """The best trial's depth, and one more where that is allowed; first the one that chance chose."""
    best = history.best(1)[0].architecture
    present = min(depth(best, role_of), spec.maximum_depth)
    probability = spec.increase_complexity_probability
    if not probability or not may_grow(spec, best, history.completed_count()):
        return [present]
    return [present + 1, present] if rng.random() < probability else [present, present + 1]
