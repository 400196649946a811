"""What a trial is for, and what it trains."""

import numpy as np

from .algorithms import Proposal, SearchSpaceExhaustedError, algorithm_of
from .architecture import Architecture
from .converters import hyperparameters_from_proto
from .drawn_members import Fits, draw_members, no_limit
from .hyperparameters import default_values, hyperparameter_space, lacks_nothing, propose
from .phases import kind_of, members_of_stage
from .spec import SearchSpec
from .spec.ensembles import is_weighted, trains_members
from .spec.names import DROPOUT, L2
from .spec.replay import REPLAY, replay_count, replay_entry
from .spec.towers import tower
from .stage_history import StageHistory
from .study import History, HyperparameterValue, Suggestion, TrialKind

__all__ = ["DRAWN", "USER", "Controller", "SearchSpaceExhaustedError"]

USER = "user"
"""The origin of what a user suggests: two such trials may have one architecture."""

DRAWN = "drawn"
"""The origin of an ensemble of trials that were drawn."""

# Proposals with a user's tower before the search takes over: all may be fixed in it, so that none is new.
_USER_TRIES = 5


class Controller:
    """Decides what trial n trains, from its number, the study's seed and its history alone."""

    def __init__(self, spec: SearchSpec, seed: int, train_steps: int, fits: Fits = no_limit):
        """Args: a completed, valid spec; the study's seed, 0 to 2**31 - 1; gradient steps of a full trial; whether
        networks together are within the limits on costs, as members of an ensemble must be."""
        self._spec = spec
        self._seed = seed
        self._train_steps = train_steps
        self._fits = fits
        self._search = algorithm_of(spec, train_steps)

    def suggest(self, number: int, history: History, salt: int = 0) -> Suggestion:
        """What trial `number` may train.

        A phase that has too few completed trials to draw on, or none that fit together, or whose ensembles have all
        been made, searches instead.

        Args:
          number: of the trial, from 1.
          history: the study so far.
          salt: how many earlier answers for this trial the database refused, because another trial has the same
            suggestion. Another salt gives another answer where there is one.

        Raises:
          SearchSpaceExhaustedError: everything that could be proposed has failed before.
        """
        if self._spec.HasField("replay"):
            return self._replayed(number, history, salt)
        user = self._user_suggestion(number, history, salt)
        if user is not None:
            proposal, fixed = user
            return self._tower(proposal, number, history, salt, fixed)
        kind = kind_of(self._spec, number)
        if kind is TrialKind.ENSEMBLE:
            members = draw_members(self._spec, self._seed, number, history, salt, self._fits)
            if members is not None:
                return Suggestion(Architecture(()), self._of_mix(), kind, origin=DRAWN, members=members)
        if kind is TrialKind.DISTILLATION and (teacher := history.leader()) is not None:
            proposal = self._searched(number, history, salt)
            return self._tower(proposal, number, history, salt, kind=kind, teacher=teacher.number)
        members = members_of_stage(self._spec, number, history, self._fits)
        seen = StageHistory(history, members) if members else history
        return self._tower(self._searched(number, seen, salt), number, seen, salt, members=members)

    def _replayed(self, number: int, history: History, salt: int) -> Suggestion:
        """What the spec trains again as trial `number`: a trial as it was, one of its towers, or their ensemble."""
        if number > replay_count(self._spec):
            raise SearchSpaceExhaustedError("everything that the spec replays has been trained")
        entry = replay_entry(self._spec, number)
        if entry is not None:
            return Suggestion(
                Architecture.of(entry.architecture),
                hyperparameters_from_proto(entry.hparams),
                TrialKind(entry.kind),
                tuple(start.trial for start in entry.starts),
                REPLAY,
                tuple(entry.members),
                entry.teacher or None,
            )
        towers = self._spec.replay.towers
        if number > len(towers):
            members = tuple(range(1, number))
            return Suggestion(Architecture(()), self._of_mix(), TrialKind.ENSEMBLE, origin=REPLAY, members=members)
        proposal = Proposal(tower(self._spec, towers[number - 1].architecture), origin=REPLAY)
        fixed = hyperparameters_from_proto(towers[number - 1].hparams)
        return self._tower(proposal, number, history, salt, fixed)

    def _tower(
        self,
        proposal: Proposal,
        number: int,
        history: History,
        salt: int,
        fixed: dict[str, HyperparameterValue] | None = None,
        *,
        kind: TrialKind = TrialKind.SEARCH,
        members: tuple[int, ...] = (),
        teacher: int | None = None,
    ) -> Suggestion:
        """A trial with a tower of its own."""
        values = self._hyperparameters(proposal, number, history, salt) | (fixed or {})
        return Suggestion(
            proposal.architecture, values, kind, proposal.parents, proposal.origin, members=members, teacher=teacher
        )

    def _of_mix(self) -> dict[str, HyperparameterValue]:
        """What trains the weights of an ensemble: known good values; nothing where nothing is trained."""
        if not (is_weighted(self._spec) or trains_members(self._spec)):
            return {}
        values = default_values(hyperparameter_space(self._spec, Architecture(()), self._train_steps))
        return {name: value for name, value in values.items() if name not in (DROPOUT, L2)}

    def _user_suggestion(
        self, number: int, history: History, salt: int
    ) -> tuple[Proposal, dict[str, HyperparameterValue]] | None:
        """The user's tower for this trial and what is fixed with it; None where it failed or nothing of it is new."""
        if number > len(self._spec.user_suggestions) or salt >= _USER_TRIES:
            return None
        wanted = self._spec.user_suggestions[number - 1]
        architecture = tower(self._spec, wanted.architecture)
        if history.has_failed(architecture):
            return None
        return Proposal(architecture, origin=USER), hyperparameters_from_proto(wanted.hparams)

    def _searched(self, number: int, history: History, salt: int) -> Proposal:
        """What the spec's search algorithm proposes."""
        return self._search(self._spec, history, np.random.default_rng([self._seed, number, salt]))

    def _hyperparameters(
        self, proposal: Proposal, number: int, history: History, salt: int
    ) -> dict[str, HyperparameterValue]:
        """The proposal's values, and for the rest what the oracle says; values known to work for the first tower of the
        user and of the search.
        """
        given = dict(proposal.hyperparameters)
        space = hyperparameter_space(self._spec, proposal.architecture, self._train_steps)
        if lacks_nothing(space, given):
            return given
        if salt == 0 and number in (1, len(self._spec.user_suggestions) + 1):
            return default_values(space) | given
        # The last entry keeps this seed apart from the search algorithm's.
        seed = int(np.random.default_rng([self._seed, number, salt, 1]).integers(1, 2**31))
        return propose(self._spec.hypertuning_method, space, history, seed) | given
