"""A trial database against the simplest model of one: a list of trials in memory, compared after each call."""

import itertools
from dataclasses import dataclass, replace

from examples import config, result, suggestion
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from model_search.study import Suggestion, TrialState, rank_key
from model_search.trial_store.contract import Claim, DuplicateSuggestionError, LeaseLostError, TrialStore

BUDGET = 6
TRAINERS = ("a", "b")
FINAL = {"complete": TrialState.COMPLETED, "stop": TrialState.STOPPED, "fail": TrialState.INFEASIBLE}
_names = itertools.count()

trainers = st.sampled_from(TRAINERS)
picks = st.integers(0, 100)


@dataclass(frozen=True)
class Expected:
    state: TrialState = TrialState.RUNNING
    attempt: int = 1
    trainer: str = ""
    suggestion: Suggestion | None = None
    objective: float | None = None
    holder: Claim | None = None


def machine_for(store: TrialStore) -> type[RuleBasedStateMachine]:
    class Machine(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.study = store.open_study(config(name=f"machine {next(_names)}", max_trials=BUDGET))
            self.trials: list[Expected] = []
            self.claims: list[Claim] = []

        def put(self, number: int, **changes: object) -> None:
            self.trials[number - 1] = replace(self.trials[number - 1], **changes)  # type: ignore[arg-type]

        @rule(trainer=trainers)
        def claim(self, trainer: str) -> None:
            claim = store.claim(self.study.id, trainer, 1000.0)
            waiting = [n for n, trial in enumerate(self.trials, 1) if trial.state is TrialState.WAITING]
            if not waiting and len(self.trials) == BUDGET:
                assert claim is None
                return
            assert claim is not None
            if waiting:
                trial = self.trials[waiting[0] - 1]
                assert (claim.number, claim.attempt) == (waiting[0], trial.attempt + 1)
                assert claim.suggestion == trial.suggestion
                self.put(claim.number, attempt=claim.attempt)
            else:
                assert (claim.number, claim.attempt, claim.suggestion) == (len(self.trials) + 1, 1, None)
                self.trials.append(Expected())
            self.put(claim.number, state=TrialState.RUNNING, trainer=trainer, holder=claim)
            self.claims.append(claim)

        @precondition(lambda self: self.claims)
        @rule(pick=picks, block=st.sampled_from("ABCD"))
        def suggest(self, pick: int, block: str) -> None:
            claim = self.claims[pick % len(self.claims)]
            wanted = suggestion(block)
            others = [n for n, t in enumerate(self.trials, 1) if n != claim.number and t.suggestion == wanted]
            try:
                store.suggest(claim, wanted)
            except LeaseLostError:
                assert not self.holds(claim)
            except DuplicateSuggestionError as error:
                assert self.holds(claim)
                assert [error.number] == others
            else:
                assert self.holds(claim)
                assert not others
                self.put(claim.number, suggestion=wanted)

        @precondition(lambda self: self.claims)
        @rule(pick=picks, how=st.sampled_from(sorted(FINAL)), objective=st.sampled_from([0.25, 0.5]))
        def finish(self, pick: int, how: str, objective: float) -> None:
            claim = self.claims[pick % len(self.claims)]
            trial = self.expected(claim)
            try:
                if how == "complete":
                    store.complete(claim, result(objective))
                elif how == "stop":
                    store.stop(claim, result(objective))
                else:
                    store.fail(claim, "reason")
            except LeaseLostError:
                assert not self.holds(claim)
                assert trial.holder != claim or trial.state is not FINAL[how]
            else:
                if self.holds(claim):
                    self.put(claim.number, state=FINAL[how], objective=None if how == "fail" else objective)
                else:
                    assert trial.holder == claim
                    assert trial.state is FINAL[how]

        @precondition(lambda self: self.claims)
        @rule(pick=picks)
        def refuse(self, pick: int) -> None:
            claim = self.claims[pick % len(self.claims)]
            try:
                store.refuse(claim)
            except LeaseLostError:
                assert not self.holds(claim)
            else:
                assert self.holds(claim)
                refused = self.trials[claim.number - 1].suggestion
                if refused is not None:
                    assert store.has_failed(self.study.id, refused.architecture.blocks)
                self.put(claim.number, suggestion=None)

        @precondition(lambda self: self.claims)
        @rule(pick=picks)
        def release(self, pick: int) -> None:
            claim = self.claims[pick % len(self.claims)]
            trial = self.expected(claim)
            try:
                store.release(claim)
            except LeaseLostError:
                assert not self.holds(claim)
            else:
                assert trial.holder == claim
                if self.holds(claim):
                    self.put(claim.number, state=TrialState.WAITING, attempt=trial.attempt - 1)

        @precondition(lambda self: self.claims)
        @rule(pick=picks)
        def withdraw(self, pick: int) -> None:
            claim = self.claims[pick % len(self.claims)]
            try:
                store.withdraw(claim, "nothing left")
            except LeaseLostError:
                assert not self.holds(claim)
            except ValueError:
                assert self.holds(claim) and self.trials[claim.number - 1].suggestion is not None
            else:
                assert self.holds(claim) and self.trials[claim.number - 1].suggestion is None
                self.withdrawn(claim)

        def withdrawn(self, claim: Claim) -> None:
            empty = [t.suggestion is None and t.state is TrialState.WAITING for t in self.trials]
            empty[claim.number - 1] = True
            if all(empty[claim.number - 1 :]):
                while empty and empty[-1]:
                    empty.pop()
                    self.trials.pop()
            elif sum(trial.state is TrialState.RUNNING for trial in self.trials) > 1:
                self.put(claim.number, state=TrialState.WAITING, attempt=claim.attempt - 1)
            else:
                self.put(claim.number, state=TrialState.INFEASIBLE)

        @rule(dead=st.sets(trainers))
        def reap(self, dead: set[str]) -> None:
            taken = [n for n, t in enumerate(self.trials, 1) if t.state is TrialState.RUNNING and t.trainer in dead]
            assert store.reap(self.study.id, dead) == taken
            for number in taken:
                spent = self.trials[number - 1].attempt >= store.max_attempts
                self.put(number, state=TrialState.INFEASIBLE if spent else TrialState.WAITING, holder=None)

        def holds(self, claim: Claim) -> bool:
            trial = self.expected(claim)
            return trial.holder == claim and trial.state is TrialState.RUNNING

        def expected(self, claim: Claim) -> Expected:
            """The trial of a claim; one that nobody holds where its number was withdrawn."""
            return self.trials[claim.number - 1] if claim.number <= len(self.trials) else Expected()

        @invariant()
        def agrees(self) -> None:
            stored = store.trials(self.study.id)
            assert [trial.number for trial in stored] == list(range(1, len(self.trials) + 1))
            for trial, expected in zip(stored, self.trials, strict=True):
                assert (trial.state, trial.attempt, trial.trainer) == (
                    expected.state,
                    expected.attempt,
                    expected.trainer,
                )
                assert trial.suggestion == expected.suggestion
                assert (trial.result.objective if trial.result else None) == expected.objective
            states = [trial.state for trial in stored]
            assert store.counts(self.study.id) == {state: states.count(state) for state in TrialState}
            finished = [trial for trial in stored if trial.state is TrialState.COMPLETED]
            assert list(store.best(self.study.id, 99)) == sorted(
                finished, key=lambda trial: rank_key(self.study.config.objective, trial)
            )

    return Machine
