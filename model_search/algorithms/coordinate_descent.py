"""ADAPTIVE_COORDINATE_DESCENT: one of the best towers, grown by a block or changed at one place.

The greedy beam search of Mazzawi and others 2019, "Improving Keyword Spotting and Language Identification via Neural
Architecture Search at Scale" (Interspeech). The first towers are random, until they fill the beam: descendants of a
single one stay near it.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import numpy as np

from ..spec import SearchSpec
from ..study import History, Trial
from . import random_search
from .algorithm import Proposal
from .beam import beam_of
from .choice import first_new
from .depths import may_grow, towers_of_any_depth
from .edits import grown, mutated
from .remaining import remaining

# Trials whose edits follow once all edits of the beam are known, and random towers before it is full.
_BEHIND, _DRAWS = 50, 200


def suggest(spec: SearchSpec, history: History, rng: np.random.Generator) -> Proposal:
    """Proposes an edit of one of the best `beam_size` trials, or a random tower until so many have completed."""
    completed, beam = history.completed_count(), beam_of(spec, history)
    edits = candidates(spec, beam, completed, rng, behind(beam, history))
    return first_new(chain(first_towers(spec, completed, rng), edits, left(spec, history, rng)), history)


def first_towers(spec: SearchSpec, completed: int, rng: np.random.Generator) -> Iterator[Proposal]:
    """Until as many as fill the beam have completed: random towers of the depths allowed now.

    They are of the least depth where nothing is ever to grow.
    """
    if completed >= spec.beam_size:
        return iter(())
    if spec.increase_complexity_probability:
        return towers_of_any_depth(spec, completed, rng, _DRAWS)
    return random_search.candidates(spec, rng)


def left(spec: SearchSpec, history: History, rng: np.random.Generator) -> Iterator[Proposal]:
    """What remains beside all edits: of the least depth where nothing is ever to grow."""
    return remaining(spec, history, rng, grows=spec.increase_complexity_probability > 0)


def candidates(
    spec: SearchSpec, beam: Sequence[Trial], completed: int, rng: np.random.Generator, further: Iterable[Trial] = ()
) -> Iterator[Proposal]:
    """Edits of the trials of the beam in random order, then of further ones as they come.

    Should all edits of the beam be known, so the search goes on beside it.
    """
    for index in rng.permutation(len(beam)):
        yield from _edits(spec, beam[index], completed, rng)
    for trial in further:
        yield from _edits(spec, trial, completed, rng)


def behind(beam: Sequence[Trial], history: History) -> Iterator[Trial]:
    """The best trials that are not in a beam, best first; the database is asked when the first is wanted."""
    inside = {trial.number for trial in beam}
    yield from (trial for trial in history.best(len(beam) + _BEHIND) if trial.number not in inside)


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
