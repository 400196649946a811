"""What every trial database must do. A test module subclasses `StoreConformance` and gives it a fresh `store`."""

import dataclasses
import math
import threading
import time
from dataclasses import replace

import pytest
from examples import config, result, suggestion
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from study_machine import machine_for

from model_search.errors import StudyError, UsageError
from model_search.study import Goal, Measurement, Objective, Study, TrialKind, TrialState
from model_search.trial_store.contract import (
    Claim,
    DuplicateSuggestionError,
    LeaseLostError,
    StoreError,
    StudyMismatchError,
    TrialStore,
)

LONG = 1000.0
SHORT = 0.05


@pytest.fixture
def study(store: TrialStore) -> Study:
    return store.open_study(config())


def claimed(store: TrialStore, study: Study, trainer: str = "t1", lease: float = LONG) -> Claim:
    claim = store.claim(study.id, trainer, lease)
    assert claim is not None
    return claim


def completed(store: TrialStore, study: Study, *scores: tuple[float, float]) -> None:
    for place, (objective, loss) in enumerate(scores):
        claim = claimed(store, study)
        store.suggest(claim, suggestion("A", rate=0.001 * (place + 1)))
        store.complete(claim, result(objective, loss))


def snapshot(store: TrialStore, study: Study) -> tuple:
    return (store.trials(study.id), store.counts(study.id), [store.measurements(study.id, n) for n in range(1, 6)])


class StudyConformance:
    def test_opened_again_is_the_same(self, store: TrialStore) -> None:
        first = store.open_study(config())
        assert first.config == config()
        assert store.open_study(config()) == first
        assert store.find_study("ada", "digits") == first
        assert store.find_study("ada", "Digits") is None
        assert store.find_study("Ada", "digits") is None

    def test_owner_and_name_identify(self, store: TrialStore) -> None:
        pairs = [
            ("a", "bc"),
            ("ab", "c"),
            ("a", "BC"),
            ("a", "bc "),
            ("Zoë 'q' \"d\" %s {x}", "検索\n研究 🙂"),
            ("", "n" * 5000),
        ]
        ids = [store.open_study(config(owner=owner, name=name)).id for owner, name in pairs]
        assert len(set(ids)) == len(pairs)
        assert [(study.config.owner, study.config.name) for study in store.studies()] == pairs
        for owner, name in pairs:
            found = store.find_study(owner, name)
            assert found is not None and found.config == config(owner=owner, name=name)

    def test_budget_is_the_latest_openers(self, store: TrialStore) -> None:
        store.open_study(config(max_trials=1))
        assert store.open_study(config(max_trials=9)).config.max_trials == 9
        found = store.find_study("ada", "digits")
        assert found is not None and found.config.max_trials == 9

    def test_mismatch_names_what_differs(self, store: TrialStore) -> None:
        store.open_study(config())
        other = config(
            spec="minimum_depth: 2\nbeam_size: 3\n",
            data="x" * 500,
            objective=Objective("loss", Goal.MINIMIZE),
            seed=8,
            settings={"train_steps": "500", "batch_size": "64", "label": "y"},
        )
        with pytest.raises(StudyMismatchError) as caught:
            store.open_study(other)
        message = str(caught.value)
        for part in (
            "spec: -beam_size: 1 +beam_size: 3;",
            f"data: kind: digits.csv 1797 rows, {'x' * 79}…;",
            "metric: accuracy, loss;",
            "goal: maximize, minimize;",
            "seed: 7, 8;",
            "batch_size: 32, 64;",
            "label: (not set), y;",
        ):
            assert part in message
        assert "\n" not in message
        assert "train_steps" not in message
        assert "minimum_depth" not in message
        found = store.find_study("ada", "digits")
        assert found is not None and found.config == config()

    def test_other_data_are_told_in_words(self, store: TrialStore) -> None:
        line = "table sha256:{} rows={} encoding=1 label={} validation=0.2 seed=1"
        store.open_study(config(data=line.format("0123abcd", "80+20+0", "my label")))
        for given, said in (
            (("4567cdef", "160+40+0", "my label"), "data: examples (training+evaluation+test): 80+20+0, 160+40+0;"),
            (("4567cdef", "80+20+0", "age"), "data: label: my label, age;"),
            (("4567cdef", "80+20+0", "my label"), "data: other values, in as many examples and of the same form;"),
        ):
            with pytest.raises(StudyMismatchError) as caught:
                store.open_study(config(data=line.format(*given)))
            assert said in str(caught.value)
            assert "sha256" not in str(caught.value) and "4567cdef" not in str(caught.value)

    def test_refuses_text_that_no_database_takes(self, store: TrialStore) -> None:
        for changes in ({"name": "a\0b"}, {"owner": "a\udc80"}, {"max_trials": -1}):
            with pytest.raises(UsageError):
                store.open_study(config(**changes))
        assert store.studies() == []

    def test_unknown_study(self, store: TrialStore, study: Study) -> None:
        assert store.find_study("nobody", "digits") is None
        for use in (lambda: store.claim(99, "t", LONG), lambda: store.counts(99), lambda: store.reap(99)):
            with pytest.raises(StoreError, match="99"):
                use()

    def test_studies_do_not_mix(self, store: TrialStore, study: Study) -> None:
        other = store.open_study(config(name="other"))
        completed(store, study, (0.9, 0.1))
        completed(store, other, (0.8, 0.1))
        assert [trial.number for trial in store.trials(other.id)] == [1]
        assert [trial.result.objective for trial in store.best(other.id, 5) if trial.result] == [0.8]
        assert store.number_of(other.id, suggestion("A", rate=0.001).fingerprint) == 1


class ClaimConformance:
    def test_numbers_and_budget(self, store: TrialStore, study: Study) -> None:
        claims = [claimed(store, study, f"t{n}") for n in range(5)]
        assert [claim.number for claim in claims] == [1, 2, 3, 4, 5]
        assert [(claim.attempt, claim.suggestion, claim.lease_seconds) for claim in claims] == [(1, None, LONG)] * 5
        assert len({claim.token for claim in claims}) == 5
        assert store.claim(study.id, "t9", LONG) is None
        store.open_study(config(max_trials=6))
        assert claimed(store, study).number == 6
        assert store.claim(study.id, "t9", LONG) is None
        store.open_study(config(max_trials=2))
        assert store.claim(study.id, "t9", LONG) is None

    def test_lease_must_last(self, store: TrialStore, study: Study) -> None:
        for seconds in (0.0, -1.0, math.nan):
            with pytest.raises(ValueError, match="lease_seconds"):
                store.claim(study.id, "t", seconds)

    def test_claim_asked_for_again_is_the_same(self, store: TrialStore, study: Study) -> None:
        token = "0123456789abcdef" * 2
        first = store.claim(study.id, "t1", 0.5, token)
        assert first is not None and first.token == token
        assert store.claim(study.id, "t1", 0.5, token) == first
        assert store.counts(study.id)[TrialState.RUNNING] == 1
        assert store.claim(study.id, "t1", LONG, token) == replace(first, lease_seconds=LONG)
        time.sleep(0.6)
        assert store.reap(study.id) == []
        assert claimed(store, study).number == 2
        store.suggest(first, suggestion())
        store.complete(first, result())
        before = snapshot(store, study)
        assert store.claim(study.id, "t1", LONG, token) == replace(first, lease_seconds=LONG, suggestion=suggestion())
        assert snapshot(store, study) == before
        other = store.open_study(config(name="other"))
        elsewhere = store.claim(other.id, "t1", LONG, token)
        assert elsewhere is not None and (elsewhere.study_id, elsewhere.suggestion) == (other.id, None)

    def test_tokens_have_one_form(self, store: TrialStore, study: Study) -> None:
        for token in ("x", "0" * 31, "0" * 33, "G" * 32, "'; DROP TABLE search_trials; --"):
            with pytest.raises(ValueError, match="token"):
                store.claim(study.id, "t", LONG, token)
        assert store.trials(study.id) == []

    def test_new_trial(self, store: TrialStore, study: Study) -> None:
        claimed(store, study, "トレーナー 'x'")
        trial = store.trial(study.id, 1)
        assert trial is not None
        assert (trial.number, trial.state, trial.attempt) == (1, TrialState.RUNNING, 1)
        assert (trial.trainer, trial.suggestion, trial.result, trial.error) == ("トレーナー 'x'", None, None, "")
        assert len(trial.architecture) == 0
        assert store.trial(study.id, 2) is None
        assert store.running_trainers(study.id) == ["トレーナー 'x'"]

    def test_released_trial_waits_and_keeps_its_attempt(self, store: TrialStore, study: Study) -> None:
        first = claimed(store, study)
        store.suggest(first, suggestion())
        store.release(first)
        store.release(first)
        assert store.counts(study.id)[TrialState.WAITING] == 1
        assert store.running_trainers(study.id) == []
        again = claimed(store, study, "t2")
        assert (again.number, again.attempt, again.suggestion) == (1, 1, suggestion())
        with pytest.raises(LeaseLostError):
            store.release(first)
        for _ in range(5):
            store.release(again)
            again = claimed(store, study)
        assert store.trial(study.id, 1).state is TrialState.RUNNING  # type: ignore[union-attr]

    def test_waiting_trials_come_first_by_number(self, store: TrialStore, study: Study) -> None:
        claims = [claimed(store, study, f"t{n}") for n in (1, 2, 3)]
        store.release(claims[2])
        store.release(claims[0])
        assert [claimed(store, study).number for _ in range(3)] == [1, 3, 4]

    def test_waiting_trial_is_handed_out_beyond_a_lowered_budget(self, store: TrialStore, study: Study) -> None:
        claims = [claimed(store, study) for _ in range(3)]
        store.open_study(config(max_trials=1))
        store.release(claims[2])
        assert claimed(store, study).number == 3
        assert store.claim(study.id, "t", LONG) is None

    def test_expired_lease_is_claimed_with_its_suggestion(self, store: TrialStore, study: Study) -> None:
        chosen = suggestion("A", "B", rate=0.1 + 0.2, parents=(3, 1), origin="mutate", members=(2, 5), teacher=2)
        first = claimed(store, study, lease=SHORT)
        store.suggest(first, chosen)
        time.sleep(2 * SHORT)
        second = claimed(store, study, "t2")
        assert (second.number, second.attempt, second.suggestion) == (1, 2, chosen)
        assert second.token != first.token
        trial = store.trial(study.id, 1)
        assert trial is not None and "attempt 1 lost" in trial.error and trial.trainer == "t2"

    def test_attempts_are_spent(self, store: TrialStore, study: Study) -> None:
        for attempt in (1, 2, 3):
            claim = claimed(store, study, f"t{attempt}", lease=SHORT)
            assert (claim.number, claim.attempt) == (1, attempt)
            if attempt == 1:
                store.suggest(claim, suggestion("BAD"))
            time.sleep(2 * SHORT)
        assert store.reap(study.id) == [1]
        trial = store.trial(study.id, 1)
        assert trial is not None and trial.state is TrialState.INFEASIBLE
        assert trial.error.startswith("3 attempts lost: the trainer died or stopped answering")
        assert store.has_failed(study.id, ["BAD"])
        assert claimed(store, study).number == 2
        with pytest.raises(LeaseLostError):
            store.fail(claim, "late")

    def test_threads_get_different_trials(self, store: TrialStore) -> None:
        study = store.open_study(config(max_trials=40))
        numbers: list[int] = []

        def work() -> None:
            while claim := store.claim(study.id, "t", LONG):
                numbers.append(claim.number)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(numbers) == list(range(1, 41))


class WithdrawConformance:
    def test_the_last_number_is_as_if_it_had_never_been(self, store: TrialStore, study: Study) -> None:
        completed(store, study, (0.9, 0.1))
        claim = claimed(store, study)
        store.measure(claim, Measurement(1, {"loss": 1.0}))
        store.withdraw(claim, "nothing left")
        assert [trial.number for trial in store.trials(study.id)] == [1]
        assert sum(store.counts(study.id).values()) == 1
        assert store.measurements(study.id, 2) == []
        for write in (lambda: store.withdraw(claim, "again"), lambda: store.release(claim)):
            with pytest.raises(LeaseLostError, match="trial 2"):
                write()
        again = claimed(store, study)
        assert (again.number, again.attempt) == (2, 1)
        with pytest.raises(LeaseLostError):
            store.suggest(claim, suggestion("B"))

    def test_what_waits_empty_below_the_last_goes_with_it(self, store: TrialStore, study: Study) -> None:
        first, second, third = (claimed(store, study, f"t{n}") for n in (1, 2, 3))
        store.suggest(first, suggestion())
        store.withdraw(second, "nothing left")
        assert store.counts(study.id)[TrialState.WAITING] == 1
        store.withdraw(third, "nothing left")
        assert [(trial.number, trial.state) for trial in store.trials(study.id)] == [(1, TrialState.RUNNING)]
        assert store.counts(study.id)[TrialState.WAITING] == 0

    def test_a_number_between_others_waits_while_one_runs_and_then_has_failed(
        self, store: TrialStore, study: Study
    ) -> None:
        first, second = claimed(store, study), claimed(store, study, "other")
        store.suggest(second, suggestion())
        store.withdraw(first, "nothing left")
        waiting = store.trial(study.id, 1)
        assert waiting is not None and (waiting.state, waiting.attempt) == (TrialState.WAITING, 0)
        store.complete(second, result())
        store.withdraw(claimed(store, study), "nothing left")
        trial = store.trial(study.id, 1)
        assert trial is not None and (trial.state, trial.error) == (TrialState.INFEASIBLE, "nothing left")
        assert claimed(store, study).number == 3

    def test_a_suggestion_is_not_withdrawn(self, store: TrialStore, study: Study) -> None:
        claim = claimed(store, study)
        store.suggest(claim, suggestion())
        before = snapshot(store, study)
        with pytest.raises(ValueError, match="trial 1"):
            store.withdraw(claim, "nothing left")
        assert snapshot(store, study) == before


class LeaseConformance:
    def test_reap_takes_expired_and_dead(self, store: TrialStore, study: Study) -> None:
        claimed(store, study, "alive")
        claimed(store, study, "dead 'one'")
        claimed(store, study, "late", lease=SHORT)
        assert store.running_trainers(study.id) == ["alive", "dead 'one'", "late"]
        time.sleep(2 * SHORT)
        assert store.reap(study.id, ["dead 'one'", "unheard of"]) == [2, 3]
        assert store.reap(study.id, ["dead 'one'"]) == []
        assert store.running_trainers(study.id) == ["alive"]
        assert store.counts(study.id)[TrialState.WAITING] == 2

    def test_heartbeat_extends_the_lease(self, store: TrialStore, study: Study) -> None:
        claim = claimed(store, study, lease=SHORT)
        for _ in range(2):
            store.heartbeat(Claim(claim.study_id, 1, claim.attempt, claim.token, LONG, None))
            time.sleep(2 * SHORT)
            assert store.reap(study.id) == []
        before = store.trial(study.id, 1)
        store.heartbeat(claim)
        time.sleep(2 * SHORT)
        assert store.reap(study.id) == [1]
        assert before is not None and before.revision == 1

    def test_late_holder_keeps_what_nobody_took(self, store: TrialStore, study: Study) -> None:
        first, second = claimed(store, study, lease=0.5), claimed(store, study, lease=0.5)
        time.sleep(0.6)
        store.complete(first, result())
        store.heartbeat(Claim(second.study_id, second.number, second.attempt, second.token, LONG, None))
        assert store.reap(study.id) == []
        assert store.counts(study.id)[TrialState.COMPLETED] == 1

    @pytest.mark.parametrize("taken", ["reaped", "claimed again", "finished by another", "given up", "never given"])
    def test_zombie_changes_nothing(self, store: TrialStore, study: Study, taken: str) -> None:
        zombie = claimed(store, study, "zombie")
        store.suggest(zombie, suggestion("A"))
        store.measure(zombie, Measurement(1, {"loss": 1.0}))
        if taken == "never given":
            zombie = Claim(study.id, 1, 1, "0" * 32, LONG, None)
        else:
            store.reap(study.id, ["zombie"])
        if taken in ("claimed again", "finished by another"):
            claim = claimed(store, study, "other")
            if taken == "finished by another":
                store.complete(claim, result())
        elif taken == "given up":
            for _ in (2, 3):
                claimed(store, study, "other")
                store.reap(study.id, ["other"])
            assert store.counts(study.id)[TrialState.INFEASIBLE] == 1
        before = snapshot(store, study)
        for write in (
            lambda: store.suggest(zombie, suggestion("B")),
            lambda: store.heartbeat(zombie),
            lambda: store.measure(zombie, Measurement(2, {"loss": 1.0})),
            lambda: store.complete(zombie, result(0.1)),
            lambda: store.stop(zombie, result(0.1)),
            lambda: store.refuse(zombie),
            lambda: store.fail(zombie, "too late"),
            lambda: store.release(zombie),
            lambda: store.withdraw(zombie, "too late"),
        ):
            with pytest.raises(LeaseLostError, match="trial 1"):
                write()
            assert snapshot(store, study) == before

    def test_claim_of_no_trial(self, store: TrialStore, study: Study) -> None:
        with pytest.raises(LeaseLostError):
            store.heartbeat(Claim(study.id, 4, 1, "0" * 32, LONG, None))


class ReportConformance:
    def test_complete_twice_is_once(self, store: TrialStore, study: Study) -> None:
        claim = claimed(store, study)
        store.suggest(claim, suggestion())
        store.complete(claim, result(0.75))
        before = snapshot(store, study)
        store.complete(claim, result(0.5))
        assert snapshot(store, study) == before
        with pytest.raises(LeaseLostError):
            store.fail(claim, "no")
        with pytest.raises(LeaseLostError):
            store.heartbeat(claim)
        assert before[0][0].result == result(0.75)
        assert before[0][0].state is TrialState.COMPLETED
        assert store.reap(study.id, ["t1"]) == []

    def test_stop_twice_is_once(self, store: TrialStore, study: Study) -> None:
        claim = claimed(store, study)
        store.suggest(claim, suggestion())
        store.measure(claim, Measurement(3, {"loss": 0.5}, 0.99))
        store.stop(claim, result(0.99, model=""))
        before = snapshot(store, study)
        store.stop(claim, result(0.5))
        for write in (lambda: store.complete(claim, result()), lambda: store.fail(claim, "no")):
            with pytest.raises(LeaseLostError):
                write()
        assert snapshot(store, study) == before
        assert (before[0][0].state, before[0][0].result) == (TrialState.STOPPED, result(0.99, model=""))
        assert store.measurements(study.id, 1) == [Measurement(3, {"loss": 0.5}, 0.99)]
        assert store.has_tried(study.id, suggestion().architecture.blocks)
        assert store.best(study.id, 5) == []
        assert store.reap(study.id, ["t1"]) == []
        assert claimed(store, study).number == 2

    def test_refused_suggestions(self, store: TrialStore, study: Study) -> None:
        claim = claimed(store, study)
        store.refuse(claim)
        store.suggest(claim, suggestion("A", "B"))
        store.refuse(claim)
        before = snapshot(store, study)
        store.refuse(claim)
        assert snapshot(store, study) == before
        assert store.has_failed(study.id, ["A", "B"])
        assert not store.has_tried(study.id, ["A", "B"])
        assert not store.has_failed(study.id, ["B", "A"])
        assert not store.has_failed(store.open_study(config(name="other")).id, ["A", "B"])
        assert (before[0][0].state, before[0][0].suggestion) == (TrialState.RUNNING, None)
        assert store.number_of(study.id, suggestion("A", "B").fingerprint) is None
        for _ in range(2):
            store.suggest(claim, suggestion("A", "B"))
            store.refuse(claim)
        store.suggest(claim, suggestion("B"))
        store.complete(claim, result())
        assert store.trial(study.id, 1).suggestion == suggestion("B")  # type: ignore[union-attr]

    def test_rung_values(self, store: TrialStore, study: Study) -> None:
        claims = [claimed(store, study, f"t{number}") for number in (1, 2, 3, 4)]
        other = store.open_study(config(name="other"))
        store.measure(claimed(store, other), Measurement(9, {}, 0.9))
        for claim, value in zip(claims, (0.5, 0.25, None, 0.125), strict=True):
            store.measure(claim, Measurement(3, {"loss": 1.0}))
            store.measure(claim, Measurement(9, {"loss": 1.0}, value))
        store.stop(claims[1], result(0.25))
        store.reap(study.id, ["t1"])
        assert store.rung_values(study.id, 9) == {1: 0.5, 2: 0.25, 4: 0.125}
        assert list(store.rung_values(study.id, 9)) == [1, 2, 4]
        assert store.rung_values(study.id, 9, {TrialState.STOPPED, TrialState.RUNNING}) == {2: 0.25, 4: 0.125}
        assert store.rung_values(study.id, 9, {TrialState.COMPLETED}) == {}
        assert store.rung_values(study.id, 3) == store.rung_values(study.id, 8) == {}
        again = claimed(store, study)
        assert store.rung_values(study.id, 9)[1] == 0.5
        store.measure(again, Measurement(9, {}, 0.75))
        store.measure(again, Measurement(9, {}, 0.875))
        assert store.rung_values(study.id, 9) == {1: 0.875, 2: 0.25, 4: 0.125}

    def test_fail_twice_is_once(self, store: TrialStore, study: Study) -> None:
        claim = claimed(store, study)
        store.suggest(claim, suggestion("A", "B"))
        assert not store.has_failed(study.id, ["A", "B"])
        assert store.has_tried(study.id, ["A", "B"])
        assert not store.has_tried(study.id, ["B", "A"])
        store.fail(claim, "loss became NaN at step 3: «ü»")
        store.fail(claim, "other")
        with pytest.raises(LeaseLostError):
            store.complete(claim, result())
        trial = store.trial(study.id, 1)
        assert trial is not None and trial.state is TrialState.INFEASIBLE
        assert trial.error == "loss became NaN at step 3: «ü»"
        assert store.has_failed(study.id, ("A", "B"))
        assert not store.has_tried(study.id, ("A", "B"))
        assert not store.has_failed(study.id, ("B", "A"))
        assert not store.has_failed(study.id, ("A > B",))
        assert claimed(store, study).number == 2

    @pytest.mark.parametrize(
        ("reason", "stored"), [("", "no reason given"), ("a\0\udc80", "a\N{REPLACEMENT CHARACTER}?")]
    )
    def test_odd_reasons(self, store: TrialStore, study: Study, reason: str, stored: str) -> None:
        store.fail(claimed(store, study), reason)
        assert store.trial(study.id, 1).error == stored  # type: ignore[union-attr]

    def test_endless_reason_is_shortened(self, store: TrialStore, study: Study) -> None:
        store.fail(claimed(store, study), "x" * 1_000_000)
        assert len(store.trial(study.id, 1).error) == 8000  # type: ignore[union-attr]

    def test_values_come_back_exactly(self, store: TrialStore, study: Study) -> None:
        chosen = suggestion("Ä 'x'", "B", kind=TrialKind.SEARCH, parents=(2, 1), origin="grow")
        chosen = type(chosen)(
            chosen.architecture,
            {"rate": 0.1 + 0.2, "tiny": 5e-324, "units": 2**53, "name": "né\"'%", "flag": True, "one": 1, "float": 1.0},
            parents=(2, 1),
            origin="grow",
        )
        reported = result(-1 / 3, 1e300, metrics={"accuracy": -1 / 3, "auc": 0.1}, parameters=2**40, seconds=1 / 7,
                          flops=2**50, latency_ms=1 / 7)  # fmt: skip
        claim = claimed(store, study)
        store.suggest(claim, chosen)
        store.complete(claim, reported)
        trial = store.trial(study.id, 1)
        assert trial is not None
        assert (trial.suggestion, trial.result) == (chosen, reported)
        assert trial.suggestion is not None
        types = [type(value) for value in trial.suggestion.hyperparameters.values()]
        assert sorted(map(str, types)) == sorted(str(type(value)) for value in chosen.hyperparameters.values())
        assert trial.suggestion.fingerprint == chosen.fingerprint

    def test_duplicate_suggestion(self, store: TrialStore, study: Study) -> None:
        first, second = claimed(store, study), claimed(store, study)
        store.suggest(first, suggestion("A", origin="random"))
        before = snapshot(store, study)
        with pytest.raises(DuplicateSuggestionError) as caught:
            store.suggest(second, suggestion("A", origin="grow"))
        assert caught.value.number == 1
        assert snapshot(store, study) == before
        store.suggest(first, suggestion("A", origin="again"))
        store.suggest(second, suggestion("A", rate=0.2))
        store.suggest(second, suggestion("A", rate=0.3))
        store.fail(first, "x")
        third = claimed(store, study)
        with pytest.raises(DuplicateSuggestionError):
            store.suggest(third, suggestion("A"))
        store.suggest(third, suggestion("A", rate=0.2))
        assert store.number_of(study.id, suggestion("A").fingerprint) == 1
        assert store.number_of(study.id, suggestion("A", rate=0.3).fingerprint) == 2
        assert store.number_of(study.id, suggestion("A", rate=0.4).fingerprint) is None

    def test_measurements_of_the_latest_attempt(self, store: TrialStore, study: Study) -> None:
        first = claimed(store, study)
        for step, loss in ((20, 0.5), (10, 1.0), (20, 0.25)):
            store.measure(first, Measurement(step, {"loss": loss, "a'b": 1.0}))
        assert store.measurements(study.id, 1) == [
            Measurement(10, {"loss": 1.0, "a'b": 1.0}),
            Measurement(20, {"loss": 0.25, "a'b": 1.0}),
        ]
        store.reap(study.id, ["t1"])
        second = claimed(store, study)
        assert len(store.measurements(study.id, 1)) == 2
        store.measure(second, Measurement(5, {"loss": math.inf}))
        assert store.measurements(study.id, 1) == [Measurement(5, {"loss": math.inf})]
        store.complete(second, result())
        with pytest.raises(LeaseLostError):
            store.measure(second, Measurement(6, {}))
        assert store.measurements(study.id, 2) == []


class QueryConformance:
    def test_best_first(self, store: TrialStore) -> None:
        study = store.open_study(config(max_trials=9))
        completed(store, study, (0.5, 1.0), (0.9, 0.4), (0.9, 0.2), (0.7, 0.1), (0.9, 0.4))
        store.fail(claimed(store, study), "x")
        claimed(store, study)
        assert [trial.number for trial in store.best(study.id, 10)] == [3, 2, 5, 4, 1]
        assert [trial.number for trial in store.best(study.id, 2)] == [3, 2]
        assert store.best(study.id, 0) == []

    def test_best_of_some_kinds(self, store: TrialStore, study: Study) -> None:
        kinds = (TrialKind.SEARCH, TrialKind.ENSEMBLE, TrialKind.DISTILLATION, TrialKind.SEARCH)
        for place, (kind, objective) in enumerate(zip(kinds, (0.5, 0.9, 0.7, 0.6), strict=True)):
            claim = claimed(store, study)
            store.suggest(claim, suggestion("A", rate=0.001 * (place + 1), kind=kind))
            store.complete(claim, result(objective))

        def best(count: int, *of: TrialKind) -> list[int]:
            return [trial.number for trial in store.best(study.id, count, of)]

        assert best(9, TrialKind.SEARCH) == [4, 1]
        assert best(9, TrialKind.SEARCH, TrialKind.DISTILLATION) == [3, 4, 1]
        assert best(2, *TrialKind) == [2, 3]
        assert best(9) == []

    def test_files_go_only_where_nobody_needs_them(self, store: TrialStore) -> None:
        study = store.open_study(config(max_trials=10))
        completed(store, study, *[(0.1 * place, 0.5) for place in range(1, 8)])
        for claim, needs in (
            (claimed(store, study), {"parents": (1,)}),
            (claimed(store, study), {"members": (2, 3)}),
            (claimed(store, study), {"teacher": 4}),
        ):
            store.suggest(claim, dataclasses.replace(suggestion("A", rate=0.5 / claim.number), **needs))
            last = claim
        store.release(last)  # what waits for another attempt needs its teacher as well
        seen = max(trial.revision for trial in store.trials(study.id, {TrialState.COMPLETED}))
        assert store.prune(study.id, range(1, 7), seen) == [5, 6]
        models = {trial.number: trial.result.model for trial in store.trials(study.id) if trial.result}
        assert [number for number, model in models.items() if not model] == [5, 6]
        # Marked once; said again, and of trials that are no completed ones, nothing happens.
        assert store.prune(study.id, [5, 6, 8, 99], seen) == []
        changed = store.trials(study.id, {TrialState.COMPLETED}, since=seen)
        assert [trial.number for trial in changed] == [5, 6]

    def test_who_has_not_seen_all_completed_trials_removes_nothing(self, store: TrialStore, study: Study) -> None:
        completed(store, study, (0.1, 0.5), (0.2, 0.5))
        seen = max(trial.revision for trial in store.trials(study.id))
        claim = claimed(store, study)
        store.suggest(claim, suggestion("B"))
        store.complete(claim, result(0.3))
        assert store.prune(study.id, [1], seen) == []
        seen = max(trial.revision for trial in store.trials(study.id))
        assert store.prune(study.id, [1], seen) == [1]
        # That mark is nothing that another one would have to see first.
        assert store.prune(study.id, [2], seen) == [2]

    def test_best_of_a_minimum(self, store: TrialStore) -> None:
        study = store.open_study(config(objective=Objective("loss", Goal.MINIMIZE)))
        completed(store, study, (0.5, 0.5), (-0.5, 0.5), (0.25, 0.1))
        assert [trial.number for trial in store.best(study.id, 10)] == [2, 3, 1]

    def test_counts(self, store: TrialStore, study: Study) -> None:
        assert store.counts(study.id) == dict.fromkeys(TrialState, 0)
        claims = [claimed(store, study) for _ in range(5)]
        store.complete(claims[0], result())
        store.fail(claims[1], "x")
        store.release(claims[2])
        assert store.counts(study.id) == {
            TrialState.WAITING: 1,
            TrialState.RUNNING: 2,
            TrialState.COMPLETED: 1,
            TrialState.STOPPED: 0,
            TrialState.INFEASIBLE: 1,
        }

    def test_trials_by_state_and_revision(self, store: TrialStore, study: Study) -> None:
        claims = [claimed(store, study) for _ in range(3)]
        store.complete(claims[1], result())
        store.fail(claims[2], "x")
        assert [trial.number for trial in store.trials(study.id)] == [1, 2, 3]
        final = {TrialState.COMPLETED, TrialState.INFEASIBLE}
        assert [trial.number for trial in store.trials(study.id, final)] == [2, 3]
        assert store.trials(study.id, []) == []
        seen = max(trial.revision for trial in store.trials(study.id))
        assert store.trials(study.id, since=seen) == []
        store.heartbeat(claims[0])
        store.measure(claims[0], Measurement(1, {}))
        assert store.trials(study.id, since=seen) == []
        store.suggest(claims[0], suggestion())
        assert [trial.number for trial in store.trials(study.id, since=seen)] == [1]
        assert store.trials(study.id, {TrialState.COMPLETED}, since=seen) == []
        store.complete(claims[0], result())
        assert [trial.number for trial in store.trials(study.id, {TrialState.COMPLETED}, since=seen)] == [1]

    def test_idle_claims_and_reaps_change_nothing(self, store: TrialStore, study: Study) -> None:
        for _ in range(5):
            claimed(store, study)
        before = snapshot(store, study)
        assert store.claim(study.id, "t", LONG) is None
        assert store.reap(study.id) == []
        assert snapshot(store, study) == before

    def test_any_sequence_of_calls(self, store: TrialStore) -> None:
        run_state_machine_as_test(
            machine_for(store),
            settings=settings(
                max_examples=15,
                stateful_step_count=20,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                database=None,
            ),
        )


class ClosingConformance:
    def test_closed_store_cannot_be_used(self, store: TrialStore) -> None:
        store.open_study(config())
        store.close()
        with pytest.raises(StudyError):
            store.studies()


class StoreConformance(
    StudyConformance,
    ClaimConformance,
    WithdrawConformance,
    LeaseConformance,
    ReportConformance,
    QueryConformance,
    ClosingConformance,
):
    """All of it."""
