"""What a service refuses: it says so once in its log, changes nothing, and goes on."""

import logging
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from backends import direct, sqlite_url
from certificates import Authority
from examples import config, result, suggestion
from grpc_health.v1 import health_pb2, health_pb2_grpc

from model_search.errors import UsageError
from model_search.proto import trial_service_pb2 as pb
from model_search.proto.trial_service_pb2_grpc import TrialServiceStub
from model_search.trial_store.contract import Claim, LeaseLostError, StoreError, TrialStore
from model_search.trial_store.open import open_store
from model_search.trial_store.remote.client import GrpcTrialStore
from model_search.trial_store.service.options import ServiceOptions
from model_search.trial_store.service.server import SERVICE, Service

TOKEN = "correct-horse-battery-staple"
Start = Callable[..., Service]


@pytest.fixture
def behind(tmp_path: Path) -> Iterator[TrialStore]:
    with direct(sqlite_url(tmp_path)) as store:
        yield store


@pytest.fixture
def start(behind: TrialStore) -> Iterator[Start]:
    services = []

    def start(**options: Any) -> Service:
        services.append(Service(behind, ServiceOptions(port=0, grace_seconds=0.5, **options)))
        return services[-1]

    yield start
    for service in services:
        service.stop()


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MODEL_SEARCH_TOKEN", raising=False)
    monkeypatch.delenv("MODEL_SEARCH_TOKEN_FILE", raising=False)
    monkeypatch.setattr("model_search.trial_store.remote.client.OPENING_SECONDS", 2.0)


def url_of(service: Service) -> str:
    return f"grpc://localhost:{service.port}"


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "model_search.service"]


def raw(service: Service, method: str, content: bytes, **metadata: str) -> grpc.StatusCode | None:
    """A call whose message is any bytes; the code it was refused with."""
    with grpc.insecure_channel(f"localhost:{service.port}") as channel:
        try:
            channel.unary_unary(f"/{SERVICE}/{method}")(content, timeout=20, metadata=tuple(metadata.items()))
        except grpc.RpcError as error:
            return error.code()
    return None


@pytest.mark.parametrize("given", [None, "wrong", TOKEN + "x", TOKEN[:-1], ""])
def test_a_wrong_or_missing_token_is_refused(
    given: str | None,
    start: Start,
    behind: TrialStore,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    service = start(token=TOKEN)
    if given is not None:
        monkeypatch.setenv("MODEL_SEARCH_TOKEN", given)
    for _ in range(3):
        with pytest.raises(StoreError, match="a valid token is needed: MODEL_SEARCH_TOKEN") as caught:
            open_store(url_of(service))
    request = pb.OpenStudyRequest(request_id="0" * 32).SerializeToString()
    assert raw(service, "OpenStudy", request, authorization=f"Bearer {given}") is grpc.StatusCode.UNAUTHENTICATED
    assert TOKEN not in str(caught.value) + caplog.text
    assert behind.studies() == []
    assert len(lines(caplog)) == 1


def test_the_right_token_in_the_environment_or_a_file(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = start(token=TOKEN)
    with monkeypatch.context() as context:
        context.setenv("MODEL_SEARCH_TOKEN", TOKEN)
        open_store(url_of(service)).close()
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    monkeypatch.setenv("MODEL_SEARCH_TOKEN_FILE", str(tmp_path / "token"))
    open_store(url_of(service)).close()
    monkeypatch.setenv("MODEL_SEARCH_TOKEN_FILE", str(tmp_path / "nowhere"))
    with pytest.raises(StoreError, match=r"token .*nowhere cannot be read"):
        open_store(url_of(service))


def test_a_token_is_not_sent_in_the_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_SEARCH_TOKEN", TOKEN)
    with pytest.raises(StoreError, match="the token would be sent unencrypted; write grpcs") as caught:
        open_store("grpc://example.org:50051")
    assert TOKEN not in str(caught.value)


def test_health_needs_no_token(start: Start) -> None:
    service = start(token=TOKEN)
    with grpc.insecure_channel(f"localhost:{service.port}") as channel:
        check = health_pb2_grpc.HealthStub(channel).Check
        for name in ("", SERVICE):
            answer = check(health_pb2.HealthCheckRequest(service=name), timeout=20)
            assert answer.status == health_pb2.HealthCheckResponse.SERVING


def pem_files(folder: Path, **content: bytes) -> str:
    """The part of a URL that names files of certificates."""
    for name, value in content.items():
        (folder / f"{name}.pem").write_bytes(value)
    return "?" + "&".join(f"{name}={folder}/{name}.pem" for name in content)


def test_tls_with_a_certificate_of_another_authority_is_refused(start: Start, tmp_path: Path) -> None:
    ours, other = Authority("ours"), Authority("other")
    server = ours.pair()
    service = start(certificate=server.certificate, key=server.key)
    url = f"grpcs://localhost:{service.port}"
    open_store(url + pem_files(tmp_path, ca=ours.certificate)).close()
    with pytest.raises(StoreError, match="trial service localhost:"):
        open_store(url + pem_files(tmp_path, ca=other.certificate))
    with pytest.raises(StoreError, match="trial service localhost:"):
        open_store(url_of(service))
    open_store(url + pem_files(tmp_path, ca=ours.certificate)).close()


def test_mutual_tls_refuses_clients_of_another_authority(start: Start, behind: TrialStore, tmp_path: Path) -> None:
    ours, other = Authority("ours"), Authority("other")
    server, client, stranger = ours.pair(), ours.pair("trainer"), other.pair("trainer")
    service = start(certificate=server.certificate, key=server.key, client_ca=ours.certificate)
    url = f"grpcs://localhost:{service.port}"
    known = pem_files(tmp_path, ca=ours.certificate, certificate=client.certificate, key=client.key)
    with direct(url + known) as store:
        store.open_study(config())
    for files in (
        {"ca": ours.certificate},
        {"ca": ours.certificate, "certificate": stranger.certificate, "key": stranger.key},
    ):
        with pytest.raises(StoreError):
            open_store(url + pem_files(tmp_path, **files))
    assert len(behind.studies()) == 1


@pytest.mark.parametrize(
    ("options", "missing"),
    [
        ({}, "TLS and a token"),
        ({"token": TOKEN}, "TLS:"),
        ({"certificate": b"x", "key": b"x"}, "a token:"),
    ],
)
def test_beyond_this_machine_tls_and_a_token_are_needed(options: dict[str, Any], missing: str) -> None:
    for host in ("0.0.0.0", "::", "192.0.2.7", "example.org"):
        with pytest.raises(UsageError, match=f"--host={host} is beyond this machine, where a service needs {missing}"):
            ServiceOptions(host=host, **options)
    for host in ("127.0.0.1", "::1", "localhost"):
        ServiceOptions(host=host, **options)


def test_a_message_too_large_is_refused(start: Start, behind: TrialStore, caplog: pytest.LogCaptureFixture) -> None:
    service = start(max_message_bytes=1 << 20)
    with direct(url_of(service)) as store:
        for _ in range(2):
            with pytest.raises(StoreError, match="larger than the service takes"):
                store.open_study(config(spec="x" * (2 << 20)))
        assert behind.studies() == []
        assert store.open_study(config()).config == config()
    assert len(lines(caplog)) == 1


def test_a_flood_is_refused_and_others_are_served(
    start: Start, behind: TrialStore, caplog: pytest.LogCaptureFixture
) -> None:
    service = start(max_calls_per_second=5.0)
    study = behind.open_study(config(max_trials=10_000))
    with grpc.insecure_channel(f"localhost:{service.port}", [("grpc.use_local_subchannel_pool", 1)]) as channel:
        claim = TrialServiceStub(channel).Claim
        requests = [
            pb.ClaimRequest(request_id=f"{n:032x}", study_id=study.id, trainer="flood", lease_seconds=60)
            for n in range(300)
        ]
        calls = [claim.future(request, timeout=60) for request in requests]
        codes = [call.code() for call in calls]
    assert codes.count(grpc.StatusCode.OK) + codes.count(grpc.StatusCode.RESOURCE_EXHAUSTED) == 300
    assert codes.count(grpc.StatusCode.RESOURCE_EXHAUSTED) > 100
    assert len(behind.trials(study.id)) == codes.count(grpc.StatusCode.OK)
    assert len([line for line in lines(caplog) if "more calls per second" in line]) == 1
    with direct(url_of(service)) as store:  # which waits where it is too fast itself
        assert [store.claim(study.id, "honest", 60.0) is not None for _ in range(15)] == [True] * 15


def test_garbage_is_refused(start: Start, behind: TrialStore, caplog: pytest.LogCaptureFixture) -> None:
    service = start()
    with socket.create_connection(("127.0.0.1", service.port), timeout=20) as connection:
        connection.sendall(os.urandom(10_000))
        connection.settimeout(20)
        with pytest.raises((ConnectionError, StopIteration)):  # it is hung up on
            while True:
                if not connection.recv(4096):
                    raise StopIteration
    for _ in range(5):
        assert raw(service, "Claim", b"\xff" * 1000) is grpc.StatusCode.INVALID_ARGUMENT
        assert raw(service, "Nothing", b"") is grpc.StatusCode.UNIMPLEMENTED
        assert raw(service, "Suggest", b"") is grpc.StatusCode.INVALID_ARGUMENT
    assert [line for line in lines(caplog) if "no message of this service" in line] == lines(caplog)[:1]
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert behind.studies() == []
    with direct(url_of(service)) as store:
        store.open_study(config())


def test_forged_and_replayed_tokens_change_nothing(start: Start, behind: TrialStore) -> None:
    service = start()
    with direct(url_of(service)) as store:
        study = store.open_study(config())
        first, second = (store.claim(study.id, "t", 1000.0) for _ in range(2))
        assert first is not None and second is not None
        store.suggest(first, suggestion())
        store.complete(first, result())
        before = behind.trials(study.id)
        forged = [
            Claim(study.id, 2, 1, token, 1000.0, None)
            for token in ("0" * 32, first.token, "", second.token.upper(), "' OR '1'='1")
        ]
        for claim in forged:
            for write in (
                lambda claim=claim: store.complete(claim, result()),
                lambda claim=claim: store.fail(claim, "no"),
                lambda claim=claim: store.heartbeat(claim),
                lambda claim=claim: store.suggest(claim, suggestion("B")),
                lambda claim=claim: store.release(claim),
            ):
                with pytest.raises(LeaseLostError):
                    write()
        assert behind.trials(study.id) == before


def test_a_replayed_request_is_answered_and_not_done_again(start: Start, behind: TrialStore) -> None:
    service = start()
    study = behind.open_study(config())
    claim = behind.claim(study.id, "t", 1000.0)
    assert claim is not None
    right = pb.Claim(study_id=study.id, number=1, attempt=1, token=claim.token, lease_seconds=1000.0)
    with grpc.insecure_channel(f"localhost:{service.port}") as channel:
        stub = TrialServiceStub(channel)
        withdrawal = pb.ReasonRequest(request_id="a" * 32, claim=right, reason="nothing left")
        for _ in range(3):
            assert stub.Withdraw(withdrawal, timeout=20) == pb.Done()
        assert behind.trials(study.id) == []
        with pytest.raises(grpc.RpcError) as caught:
            stub.Fail(withdrawal, timeout=20)
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert "belongs to another request" in (caught.value.details() or "")


NAMES = ["'; DROP TABLE search_trials; --", '" OR 1=1 --', "%s %(x)s :x ?", "\\'; DELETE FROM search_studies; #"]


@pytest.mark.parametrize("name", NAMES)
def test_sql_in_names_is_text(name: str, start: Start, behind: TrialStore) -> None:
    with direct(url_of(start())) as store:
        assert isinstance(store, GrpcTrialStore)
        study = store.open_study(config(owner=name, name=name, settings={name: name}))
        claim = store.claim(study.id, name, 1000.0)
        assert claim is not None
        store.suggest(claim, suggestion(name, origin=name))
        store.fail(claim, name)
        trial = store.trial(study.id, 1)
        assert trial is not None and (trial.trainer, trial.error) == (name, name)
        assert trial.architecture.blocks == (name,)
        assert store.has_failed(study.id, [name])
        assert store.number_of(study.id, name) is None
        assert store.reap(study.id, [name]) == []
        assert store.find_study(name, name) == study
    assert len(behind.studies()) == 1
