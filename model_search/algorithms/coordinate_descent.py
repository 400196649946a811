"""ADAPTIVE_COORDINATE_DESCENT: one of the best towers, grown by a block or changed at one place.

The greedy beam search of Mazzawi and others 2019, "Improving Keyword Spotting and Language Identification via Neural
Architecture Search at Scale" (Interspeech).
"""

from collections.abc import Iterator, Sequence

import numpy as np

from ..architecture import Architecture, depth
from ..spec import SearchSpec
from ..spec.towers import role_of
from ..study import History, Trial
from . import random_search
from .algorithm import Proposal
from .beam import beam_of
from .choice import first_new
from .edits import grown, mutated


def suggest(spec: SearchSpec, history: History, rng: np.random.Generator) -> Proposal:
    """Proposes an edit of one of the best `beam_size` trials, or a random tower while none has completed."""
    beam = beam_of(spec, history)
    if not beam:
        return random_search.suggest(spec, history, rng)
    return first_new(candidates(spec, beam, history.completed_count(), rng), history)


def trials_before_depth(spec: SearchSpec, deep: int) -> int:
    """Completed trials needed before a tower may grow to `deep` blocks.

    Entry `deep - 1` of `increase_complexity_minimum_trials`, or its last one; 5 * (deep - 1) where it is empty.
    """
    counts = spec.increase_complexity_minimum_trials
    return counts[min(deep, len(counts)) - 1] if counts else 5 * (deep - 1)


def may_grow(spec: SearchSpec, architecture: Architecture, completed: int) -> bool:
    """Whether a tower may become one block deeper after so many completed trials."""
    deep = depth(architecture, role_of)
    return deep < spec.maximum_depth and completed >= trials_before_depth(spec, deep + 1)


def candidates(spec: SearchSpec, beam: Sequence[Trial], completed: int, rng: np.random.Generator) -> Iterator[Proposal]:
    """Edits of the trials of the beam in random order, then random towers."""
    for index in rng.permutation(len(beam)):
        yield from _edits(spec, beam[index], completed, rng)
    yield from random_search.candidates(spec, rng)


def _edits(spec: SearchSpec, parent: Trial, completed: int, rng: np.random.Generator) -> Iterator[Proposal]:
    """Edits of one trial: of the kind that chance chose, then of the other where the spec allows it at all."""
    architecture, parents = parent.architecture, (parent.number,)
    probability = spec.increase_complexity_probability if may_grow(spec, architecture, completed) else 0.0
    growing = [Proposal(child, parents, "grow") for child in grown(spec, architecture, rng)] if probability else []
    mutating = (Proposal(child, parents, "mutate") for child in mutated(spec, architecture, rng))
    if rng.random() < probability:
        yield from growing
        yield from mutating
    else:
        yield from mutating
        yield from growing
