"""Real processes on one SQLite file, some of them killed or stopped."""

import multiprocessing
import os
import random
import signal
import sqlite3
import time
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from examples import config, result, suggestion

from model_search.study import Measurement, Study, TrialState
from model_search.trial_store.contract import LeaseLostError, TrialStore
from model_search.trial_store.open import open_store

# Forked, to save each process the imports; each opens a store of its own.
context = multiprocessing.get_context("fork")
LONG_LEASE, SHORT_LEASE = 60.0, 1.0
UNDER_WAY = (TrialState.RUNNING, TrialState.WAITING)


def train(url: str, study_id: int, trainer: str, seconds: float, lease: float) -> None:
    """What a trainer does, until no trial is under way."""
    store = open_store(url)
    while True:
        claim = store.claim(study_id, trainer, lease)
        if claim is None:
            if not any(store.counts(study_id)[state] for state in UNDER_WAY):
                return
            time.sleep(0.02)
            continue
        try:
            wanted = suggestion("A", rate=claim.number / 1000)
            assert claim.suggestion in (None, wanted)
            store.suggest(claim, wanted)
            for step in (1, 2):
                store.heartbeat(claim)
                store.measure(claim, Measurement(step, {"loss": 1 / step}))
                time.sleep(seconds / 2)
            store.complete(claim, result(claim.number / 1000))
        except LeaseLostError:
            continue


def start(url: str, study: Study, trainer: str, seconds: float = 0.0, lease: float = LONG_LEASE) -> BaseProcess:
    process = context.Process(target=train, args=(url, study.id, trainer, seconds, lease), name=trainer)
    process.start()
    return process


def opened(tmp_path: Path, trials: int) -> tuple[str, TrialStore, Study]:
    url = f"sqlite:///{tmp_path}/trials.db"
    store = open_store(url)
    return url, store, store.open_study(config(max_trials=trials))


def assert_consistent(store: TrialStore, study: Study, tmp_path: Path) -> None:
    trials = store.trials(study.id)
    assert [trial.number for trial in trials] == list(range(1, len(trials) + 1))
    assert len(trials) >= study.config.max_trials
    states = [trial.state for trial in trials]
    assert store.counts(study.id) == {state: states.count(state) for state in TrialState}
    with sqlite3.connect(tmp_path / "trials.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_eight_processes_run_each_trial_once(tmp_path: Path) -> None:
    url, store, study = opened(tmp_path, 200)
    workers = [start(url, study, f"t{n}") for n in range(8)]
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
    assert_consistent(store, study, tmp_path)
    trials = store.trials(study.id)
    assert len(trials) == 200
    assert {trial.state for trial in trials} == {TrialState.COMPLETED}
    assert [trial.result.objective for trial in trials if trial.result] == [n / 1000 for n in range(1, 201)]
    assert all(len(store.measurements(study.id, trial.number)) == 2 for trial in trials)
    assert len({trial.trainer for trial in trials}) > 1


def wait_for_claim(store: TrialStore, study: Study, worker: BaseProcess) -> None:
    """Returns when the worker has claimed its first trial; it has work from then on."""
    deadline = time.monotonic() + 60
    while all(trial.trainer != worker.name for trial in store.trials(study.id)):
        assert worker.is_alive() and time.monotonic() < deadline
        time.sleep(0.01)


def test_killed_processes_lose_no_trial(tmp_path: Path) -> None:
    url, store, study = opened(tmp_path, 1_000_000)  # nobody runs out of work while workers are killed
    chance = random.Random(5)
    workers = [start(url, study, f"t{n}", 0.05, SHORT_LEASE) for n in range(4)]
    for kill in range(12):
        place = chance.randrange(len(workers))
        dead = workers[place]
        wait_for_claim(store, study, dead)
        time.sleep(chance.uniform(0.02, 0.15))
        dead.kill()
        dead.join()
        assert dead.exitcode == -signal.SIGKILL
        if kill % 2:  # else the lease has to run out
            store.reap(study.id, [dead.name])
        workers[place] = start(url, study, f"t{kill + 4}", 0.05, SHORT_LEASE)
    started = len(store.trials(study.id))
    study = store.open_study(config(max_trials=started + 10))  # the work ends there, or at what was claimed by now
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
    assert_consistent(store, study, tmp_path)
    trials = store.trials(study.id)
    assert any(trial.attempt > 1 for trial in trials)
    for trial in trials:
        spent = trial.state is TrialState.INFEASIBLE and "3 attempts lost" in trial.error
        assert spent or (trial.state is TrialState.COMPLETED and trial.attempt <= 3)


def sleepwalk(url: str, study_id: int, found: "multiprocessing.SimpleQueue[object]") -> None:
    store = open_store(url)
    claim = store.claim(study_id, "zombie", 0.2)
    assert claim is not None
    found.put(claim.number)
    os.kill(os.getpid(), signal.SIGSTOP)
    for write in (lambda: store.heartbeat(claim), lambda: store.complete(claim, result(0.1))):
        try:
            write()
            found.put("written")
        except LeaseLostError:
            found.put("refused")


def test_zombie_wakes_up_and_is_refused(tmp_path: Path) -> None:
    url, store, study = opened(tmp_path, 1)
    found = context.SimpleQueue()
    zombie = context.Process(target=sleepwalk, args=(url, study.id, found))
    zombie.start()
    assert found.get() == 1
    deadline = time.monotonic() + 30
    while (claim := store.claim(study.id, "other", LONG_LEASE)) is None and time.monotonic() < deadline:
        time.sleep(0.02)
    assert claim is not None and (claim.number, claim.attempt) == (1, 2)
    store.complete(claim, result(0.9))
    assert zombie.pid is not None
    os.kill(zombie.pid, signal.SIGCONT)
    assert [found.get(), found.get()] == ["refused", "refused"]
    zombie.join(30)
    trial = store.trial(study.id, 1)
    assert trial is not None and trial.trainer == "other"
    assert trial.result == result(0.9)


@pytest.mark.parametrize("differs", [False, True])
def test_processes_open_one_study(tmp_path: Path, differs: bool) -> None:
    url = f"sqlite:///{tmp_path}/trials.db"
    barrier, found = context.Barrier(8), context.SimpleQueue()

    def open_it(seed: int) -> None:
        barrier.wait()
        try:
            found.put(open_store(url).open_study(config(seed=seed)).id)
        except Exception as error:
            found.put(type(error).__name__)

    workers = [context.Process(target=open_it, args=(n % 2 if differs else 0,)) for n in range(8)]
    for worker in workers:
        worker.start()
    answers = [found.get() for _ in workers]
    for worker in workers:
        worker.join(30)
    assert len(open_store(url).studies()) == 1
    assert answers.count(1) == (4 if differs else 8)
    assert answers.count("StudyMismatchError") == (4 if differs else 0)
