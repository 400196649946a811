"""Which finished trials predict best together, from their stored evaluation logits: greedy selection with replacement.

Caruana et al. 2004, "Ensemble Selection from Libraries of Models"; pruning of the library: Caruana, Munson and
Niculescu-Mizil 2006, "Getting the Most Out of Ensemble Selection".
"""

import math
from collections import Counter
from collections.abc import Mapping, Set
from dataclasses import dataclass, replace

import numpy as np

from .data.provider import Task
from .data.trees import Tree, leaves, mapped
from .training.metrics import loss_of

# Sorted initialisation: so many of the best single trials are in from the start, as long as each one helps.
_SORTED = 3
# So many selections, each by another draw of the examples, vote for the one that is made.
_BAGS = 20
# So many of the best single trials are selected from.
_LIBRARY = 30


@dataclass(frozen=True)
class Judged:
    """Logits of candidates with labels of the same examples.

    Attributes:
      logits: by trial number.
      labels, weights: of the examples; dicts where there are several tasks.
    """

    logits: Mapping[int, Tree]
    labels: Tree
    weights: Tree

    def rows(self, rows: np.ndarray) -> "Judged":
        """Some of the examples."""
        logits = {number: mapped(lambda a: a[rows], tree) for number, tree in self.logits.items()}
        return Judged(logits, *(mapped(lambda a: a[rows], tree) for tree in (self.labels, self.weights)))

    def without(self, numbers: Set[int]) -> "Judged":
        """All but these trials."""
        return replace(self, logits={n: tree for n, tree in self.logits.items() if n not in numbers})

    def drawn(self, times: np.ndarray) -> "Judged":
        """Each example so many times; as it is where none of any weight was drawn for a task."""
        weights = mapped(lambda a: a * times.reshape(-1, *[1] * (a.ndim - 1)), self.weights)
        return replace(self, weights=weights) if all(a.sum() > 0 for a in leaves(weights)) else self


def halves(examples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers of the half that is selected by, and of the half that judges: drawn from the seed."""
    order = np.random.default_rng([seed, examples]).permutation(examples)
    return np.sort(order[: (examples + 1) // 2]), np.sort(order[(examples + 1) // 2 :])


def weighted_mean(logits: Mapping[int, Tree], counts: Mapping[int, int]) -> Tree:
    """The mean of trials' logits, each counted so many times."""
    total = sum(counts.values())
    parts = [mapped(lambda a, count=count: a * (count / total), logits[number]) for number, count in counts.items()]
    return mapped(lambda *of_members: sum(of_members[1:], of_members[0]), *parts)


def selected(task: Task, known: Judged, size: int) -> dict[int, int]:
    """Greedy selection by many draws of the examples (bootstrap), whose votes are rounded to `size` members.

    On few examples one selection follows their noise: another draw gives another ensemble. The mean of many is
    steadier.

    Args:
      task: what is predicted.
      known: what is selected by; the draws are always the same for as many examples.
      size: members at most, each counted as often as it is in; at least 1.

    Returns:
      How often each trial is in, by number.
    """
    alone = {number: loss_of(task, logits, known.labels, known.weights) for number, logits in known.logits.items()}
    library = sorted(alone, key=lambda number: (alone[number], number))[:_LIBRARY]
    if size == 1:
        return {library[0]: 1}
    pruned = replace(known, logits={number: known.logits[number] for number in library})
    examples = len(leaves(known.labels)[0])
    rng = np.random.default_rng(examples)
    votes = Counter[int]()
    for _ in range(_BAGS):
        drawn = np.bincount(rng.integers(0, examples, examples), minlength=examples)
        counts = greedily_selected(task, pruned.drawn(drawn), size)
        votes.update({number: count / sum(counts.values()) for number, count in counts.items()})
    return rounded(votes, size)


def greedily_selected(task: Task, known: Judged, size: int) -> dict[int, int]:
    """Greedy forward selection with replacement.

    Starts with the best few single trials, as long as each helps (section 3.2 of Caruana et al. 2004), then adds the
    trial that makes the mean best, again and again; what was best on the way is taken. Best is the lowest loss: it is
    defined for each task, and on few examples less a matter of luck than a share of right ones. Arguments and result as
    of `selected`.
    """

    def loss(total: Tree, members: int) -> float:
        return loss_of(task, mapped(lambda a: a / members, total), known.labels, known.weights)

    def added(total: Tree, number: int) -> Tree:
        return mapped(lambda a, b: a + b, total, known.logits[number])

    alone = {number: loss(logits, 1) for number, logits in known.logits.items()}
    ranked = sorted(alone, key=lambda number: (alone[number], number))
    chosen, total = Counter(ranked[:1]), known.logits[ranked[0]]
    best, best_loss = dict(chosen), alone[ranked[0]]
    for number in ranked[1 : min(_SORTED, size)]:
        with_it = added(total, number)
        if (found := loss(with_it, chosen.total() + 1)) < best_loss:
            chosen[number] += 1
            best, best_loss, total = dict(chosen), found, with_it
    while chosen.total() < size:
        tried = {number: loss(added(total, number), chosen.total() + 1) for number in ranked}
        number = min(tried, key=lambda number: (tried[number], number))
        chosen[number] += 1
        total = added(total, number)
        if tried[number] < best_loss:
            best, best_loss = dict(chosen), tried[number]
    return best


def rounded(votes: Mapping[int, float], size: int) -> dict[int, int]:
    """Whole numbers that are `size` together and as the votes, by largest remainders, over their common divisor."""
    total = sum(votes.values())
    shares = {number: vote * size / total for number, vote in votes.items()}
    counts = {number: int(share + 1e-9) for number, share in shares.items()}
    order = sorted(shares, key=lambda number: (counts[number] - shares[number], number))
    for number in order[: size - sum(counts.values())]:
        counts[number] += 1
    divisor = math.gcd(*counts.values())
    return {number: count // divisor for number, count in sorted(counts.items()) if count}
