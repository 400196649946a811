"""The service through restarts, and its parts."""

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest
from backends import direct, sqlite_url
from examples import config, result, suggestion
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from model_search.errors import UsageError
from model_search.study import TrialState
from model_search.trial_store.contract import StoreError, TrialStore
from model_search.trial_store.open import open_store
from model_search.trial_store.remote.errors import TooFastError
from model_search.trial_store.service.answers import KEPT_SECONDS, Answers
from model_search.trial_store.service.options import ServiceOptions
from model_search.trial_store.service.rates import Rates
from model_search.trial_store.service.refusals import Refusals
from model_search.trial_store.service.server import SERVICE, Service

TOKEN = "0123456789abcdef" * 2


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def serve(store: TrialStore, port: int = 0) -> Service:
    return Service(store, ServiceOptions(port=port, grace_seconds=5.0))


def test_trainers_go_on_when_the_service_restarts(tmp_path: Path) -> None:
    port = free_port()
    with direct(sqlite_url(tmp_path)) as behind:
        service = serve(behind, port)
        with direct(f"grpc://localhost:{port}") as store:
            study = store.open_study(config())
            first = store.claim(study.id, "t", 1000.0, TOKEN)
            service.stop()
            with ThreadPoolExecutor(1) as pool:
                waiting = pool.submit(store.claim, study.id, "t", 1000.0, TOKEN)
                time.sleep(0.3)
                assert not waiting.done()
                service = serve(behind, port)
                assert waiting.result(60) == first  # also the new process knows the claim by its token
            assert store.counts(study.id)[TrialState.RUNNING] == 1
            assert first is not None
            store.suggest(first, suggestion())
            store.complete(first, result())
        service.stop()


def test_a_service_that_is_gone_is_told_after_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with direct(sqlite_url(tmp_path)) as behind:
        service = serve(behind)
        store = open_store(f"grpc://localhost:{service.port}")
        service.stop()
        monkeypatch.setattr("model_search.trial_store.remote.calls.Caller.call.__defaults__", (0.3, 15.0))
        with pytest.raises(StoreError, match=rf"trial service localhost:{service.port}: unavailable: "):
            store.counts(1)
        store.close()


def test_calls_in_flight_are_finished_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with direct(sqlite_url(tmp_path)) as behind:
        study = behind.open_study(config())
        service = serve(behind)
        entered, let_go = threading.Event(), threading.Event()
        claim = behind.claim

        def slow(*arguments: object) -> object:
            entered.set()
            assert let_go.wait(30)
            return claim(*arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(behind, "claim", slow)
        with direct(f"grpc://localhost:{service.port}") as store, ThreadPoolExecutor(2) as pool:
            claiming = pool.submit(store.claim, study.id, "t", 1000.0)
            assert entered.wait(30)
            with grpc.insecure_channel(f"localhost:{service.port}") as channel:
                health = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(), timeout=60)
                assert next(health).status == health_pb2.HealthCheckResponse.SERVING
                ending = pool.submit(service.stop)
                assert next(health).status == health_pb2.HealthCheckResponse.NOT_SERVING
            let_go.set()
            found = claiming.result(30)
            assert found is not None and found.number == 1
            ending.result(30)


def test_reflection_names_the_service(tmp_path: Path) -> None:
    with direct(sqlite_url(tmp_path)) as behind:
        service = serve(behind)
        with grpc.insecure_channel(f"localhost:{service.port}") as channel:
            assert SERVICE in ProtoReflectionDescriptorDatabase(channel).get_services()
        with pytest.raises(UsageError, match=f"--port={service.port} cannot be listened at"):
            serve(behind, service.port)
        service.stop()


def test_an_error_of_the_service_is_told_without_its_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with direct(sqlite_url(tmp_path)) as behind:
        service = serve(behind)
        monkeypatch.setattr(behind, "counts", lambda study_id: 1 / 0)
        with direct(f"grpc://localhost:{service.port}") as store:
            with pytest.raises(StoreError, match=r"the service failed: ZeroDivisionError; its log has more"):
                store.counts(1)
            assert store.studies() == []
        service.stop()
    assert "division by zero" in caplog.text


def test_a_client_that_is_too_fast_slows_down(tmp_path: Path) -> None:
    with direct(sqlite_url(tmp_path)) as behind:
        service = Service(behind, ServiceOptions(port=0, max_calls_per_second=20.0, grace_seconds=0.5))
        with direct(f"grpc://localhost:{service.port}") as store:
            assert [store.studies() for _ in range(50)] == [[]] * 50
        service.stop()


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_rates_hold_two_seconds_of_calls() -> None:
    clock = Clock()
    rates = Rates(10.0, clock)
    assert [rates.takes("a") for _ in range(21)] == [True] * 20 + [False]
    assert rates.takes("b")
    clock.now += 0.15
    assert [rates.takes("a") for _ in range(2)] == [True, False]
    clock.now += 100.0
    assert [rates.takes("a") for _ in range(21)] == [True] * 20 + [False]


def test_refusals_are_told_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    refusals = Refusals(clock)
    for _ in range(5):
        refusals.tell("ipv4:10.0.0.1:4711", "no token")
        refusals.tell("ipv4:10.0.0.1:4712", "no token")
    refusals.tell("ipv4:10.0.0.1:4711", "too fast")
    refusals.tell("ipv4:10.0.0.2:4711", "no token")
    clock.now += 61.0
    refusals.tell("ipv4:10.0.0.1:9", "no token")
    assert [record.getMessage() for record in caplog.records] == [
        "refused ipv4:10.0.0.1: no token",
        "refused ipv4:10.0.0.1: too fast",
        "refused ipv4:10.0.0.2: no token",
        "refused ipv4:10.0.0.1: no token (9 more since the last such line)",
    ]


def test_answers_are_given_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model_search.trial_store.service.answers.KEPT_ANSWERS", 100)
    clock, done = Clock(), []
    answers = Answers(clock)

    def work(answer: object) -> object:
        done.append(answer)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert answers.once("a", b"x", lambda: work(1), 1.0) == 1
    assert answers.once("a", b"x", lambda: work(2), 1.0) == 1
    with pytest.raises(ValueError, match="belongs to another request"):
        answers.once("a", b"y", lambda: work(3), 1.0)
    for error in (ValueError("wrong"), ValueError("again")):
        with pytest.raises(ValueError, match="wrong"):
            answers.once("b", b"x", lambda error=error: work(error), 1.0)
    for error in (StoreError("gone"), TooFastError("gone too")):
        with pytest.raises(StoreError, match="gone"):
            answers.once("c", b"x", lambda error=error: work(error), 1.0)
    assert answers.once("c", b"x", lambda: work("there again"), 1.0) == "there again"
    clock.now += KEPT_SECONDS + 1
    assert answers.once("a", b"x", lambda: work(4), 1.0) == 4
    assert len(done) == 6
    assert [answers.once("d", b"x", lambda: work(6), 1.0, is_kept=False) for _ in range(2)] == [6, 6]
    assert len(done) == 8
    for n in range(101):
        answers.once(f"n{n}", b"x", lambda: None, 1.0)
    assert answers.once("a", b"x", lambda: work(5), 1.0) == 5


def test_an_answer_that_is_being_made_is_waited_for() -> None:
    answers, let_go = Answers(), threading.Event()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(answers.once, "a", b"x", lambda: let_go.wait(30) and "done", 30.0)
        while not answers._known:
            time.sleep(0.01)
        with pytest.raises(StoreError, match="still being answered"):
            answers.once("a", b"x", lambda: "twice", 0.05)
        second = pool.submit(answers.once, "a", b"x", lambda: "twice", 30.0)
        let_go.set()
        assert (first.result(30), second.result(30)) == ("done", "done")
