"""GUIDED_MUTATION: beam search with mutation that learns which mutations are worth a trial.

The candidates are all towers one edit away from one of the best `beam_size` trials, and some random ones. A Gaussian
process over towers (`surrogate`), fitted to every trial so far, says what each may cost and how sure that is. What the
trials under way will cost is drawn from the process (a Thompson sample), and the candidate is taken whose expected
improvement is largest if they did (Snoek, Larochelle and Adams 2012, "Practical Bayesian Optimization of Machine
Learning Algorithms", NeurIPS, sections 2.2 and 3.2). So trainers that ask at the same time spread out.
"""

from bisect import bisect
from collections.abc import Sequence, Set
from functools import lru_cache
from itertools import chain

import numpy as np
from scipy.linalg import cholesky

from ..architecture import Architecture
from ..spec import SearchSpec
from ..study import History, Trial
from ..threads import one_thread
from .algorithm import Proposal
from .beam import beam_of
from .choice import first_new
from .depths import deepest, towers_of_any_depth
from .evidence import costs_of, evidence
from .neighbours import neighbours
from .remaining import remaining
from .surrogate import Surrogate, fit_parameters, normal_scores, surrogate

# So many candidates are looked at; of more, a sample.
_CANDIDATES = 600
_RANDOM = 50
# Parameters are fitted when the trials have grown by a quarter: in between they hardly move.
_GROWTH = 1.25
# After so many trials without a better one deviations count twice.
_PATIENCE = 10


def suggest(spec: SearchSpec, history: History, rng: np.random.Generator) -> Proposal:
    """Proposes the most promising edit; see `SearchAlgorithm`."""
    trials = evidence(history)
    random = towers_of_any_depth(spec, history.completed_count(), rng, _RANDOM)
    if len(trials) < max(2, spec.guided_mutation.trials_before_model):
        return first_new(chain(random, remaining(spec, history, rng)), history)
    known = {trial.architecture for trial in (*trials, *history.running())}
    candidates = _candidates(spec, history, known, rng)
    if not candidates:
        edits = _edits(spec, beam_of(spec, history), history.completed_count(), rng)
        return first_new(chain(random, edits, remaining(spec, history, rng)), history)
    with one_thread():
        process = _fitted(tuple(trial.architecture for trial in trials), tuple(costs_of(history, trials)))
        process = _with_drawn(process, [trial.architecture for trial in history.running()], rng)
        towers = [proposal.architecture for proposal in candidates]
        improvement = process.expected_improvement(towers, _doubt(history))
    ranked = (candidates[place] for place in np.argsort(-improvement, kind="stable"))
    return first_new(chain(ranked, random, remaining(spec, history, rng)), history)


def _doubt(history: History) -> float:
    """How many times its own deviation the process is taken to be off: more, the longer nothing better was found."""
    best, numbers = history.best(1), [trial.number for trial in history.completed()]
    since = len(numbers) - bisect(numbers, best[0].number) if best else 0
    return 1 + since / _PATIENCE


def _fitted(towers: tuple[Architecture, ...], costs: tuple[float, ...]) -> Surrogate:
    """The process given all trials, with parameters fitted to the first ones, whose number grows in strides."""
    count = 2
    while (longer := max(count + 1, int(count * _GROWTH))) <= len(towers):
        count = longer
    return surrogate(towers, normal_scores(costs), _parameters(towers[:count], costs[:count]))


@lru_cache(maxsize=64)
def _parameters(towers: tuple[Architecture, ...], costs: tuple[float, ...]) -> np.ndarray:
    """Fitted parameters, remembered until there is more to fit them to."""
    return fit_parameters(towers, normal_scores(costs))


def _with_drawn(process: Surrogate, running: Sequence[Architecture], rng: np.random.Generator) -> Surrogate:
    """The process, had the trials under way cost what is drawn for them."""
    if not running:
        return process
    mean, covariance = process.predict(running)
    factor = cholesky(covariance + process.noise * np.eye(len(mean)), lower=True)
    return process.given(running, mean + factor @ rng.standard_normal(len(mean)))


def _candidates(
    spec: SearchSpec, history: History, known: Set[Architecture], rng: np.random.Generator
) -> list[Proposal]:
    """Edits of the beam and random towers, each tower once and none that is known."""
    completed, beam = history.completed_count(), beam_of(spec, history)
    edits = [proposal for proposal in _edits(spec, beam, completed, rng) if proposal.architecture not in known]
    room = _CANDIDATES - spec.guided_mutation.random_candidates
    if len(edits) > room:
        edits = [edits[place] for place in sorted(rng.choice(len(edits), room, replace=False))]
    random = towers_of_any_depth(spec, completed, rng, spec.guided_mutation.random_candidates)
    found = {proposal.architecture: proposal for proposal in (*random, *edits)}
    return [proposal for architecture, proposal in found.items() if architecture not in known]


def _edits(spec: SearchSpec, beam: Sequence[Trial], completed: int, rng: np.random.Generator) -> list[Proposal]:
    """All towers one edit away from one of the beam; deeper ones with the probability of growth."""
    grows = rng.random() < spec.increase_complexity_probability
    last = deepest(spec, completed) if grows else 0
    found: dict[Architecture, Proposal] = {}
    for parent in beam:
        for edit, child in neighbours(spec, parent.architecture, last):
            found.setdefault(child, Proposal(child, (parent.number,), edit))
    return list(found.values())
