"""CONSTRAINED_ADAPTIVE_COORDINATE_DESCENT: coordinate descent over cells of plates with reductions between them.

Only what is searched of the best towers is edited (`spec.cells`): their blocks without the reductions, or the one cell
that is replicated. The engine places the reductions anew in each child, so that they stay after each cell when a block
is inserted before them. Cells that repeat, with reductions between them, are those of Zoph, Vasudevan, Shlens and Le
2018, "Learning Transferable Architectures for Scalable Image Recognition" (CVPR), section 3.
"""

from dataclasses import replace
from functools import partial
from itertools import chain

import numpy as np

from ..proto.search_spec_pb2 import SearchType
from ..spec import SearchSpec
from ..spec.cells import maximum_searched_depth, searched_part
from ..spec.towers import tower
from ..study import History, Trial
from . import coordinate_descent
from .algorithm import Proposal
from .beam import beam_of
from .choice import first_new
from .coordinate_descent import behind


def suggest(spec: SearchSpec, history: History, rng: np.random.Generator) -> Proposal:
    """Proposes the tower around an edited searched part of one of the best; see `SearchAlgorithm`."""
    inner, completed = _searched_spec(spec), history.completed_count()
    best = beam_of(spec, history)
    beam, further = (map(partial(_searched_trial, spec), trials) for trials in (best, behind(best, history)))
    edits = coordinate_descent.candidates(inner, list(beam), completed, rng, further)
    found = chain(coordinate_descent.first_towers(inner, completed, rng), edits)
    whole = (replace(child, architecture=tower(spec, child.architecture)) for child in found)
    return first_new(chain(whole, coordinate_descent.left(spec, history, rng)), history)


def _searched_spec(spec: SearchSpec) -> SearchSpec:
    """The spec of the search for searched parts: they have no reductions."""
    inner = SearchSpec()
    inner.CopyFrom(spec)
    inner.search_type = SearchType.ADAPTIVE_COORDINATE_DESCENT
    inner.maximum_depth = maximum_searched_depth(spec)
    return inner


def _searched_trial(spec: SearchSpec, trial: Trial) -> Trial:
    """A trial as one of its searched part."""
    assert trial.suggestion is not None
    searched = searched_part(spec, trial.architecture)
    return replace(trial, suggestion=replace(trial.suggestion, architecture=searched))
