"""Files of trials, between trainers that share nothing but the service."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from backends import direct, sqlite_url
from examples import config, result, suggestion

from model_search.proto import trial_service_pb2 as pb
from model_search.proto.trial_service_pb2_grpc import FileServiceStub
from model_search.study import Study, TrialKind
from model_search.trial_store.contract import Claim, LeaseLostError, StoreError, TrialStore
from model_search.trial_store.open import open_store
from model_search.trial_store.remote.file_names import is_file_name
from model_search.trial_store.service.options import ServiceOptions
from model_search.trial_store.service.server import Service

MODEL = b"weights" * 100_000  # more than one message


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with direct(sqlite_url(tmp_path)) as behind:
        options = ServiceOptions(port=0, grace_seconds=0.5, folder=str(tmp_path / "kept"), max_file_bytes=1 << 20)
        service = Service(behind, options)
        yield service
        service.stop()


def trainer(service: Service, folder: Path) -> TrialStore:
    """The store of a trainer on a machine of its own."""
    folder.mkdir()
    store = open_store(f"grpc://localhost:{service.port}")
    store.share_files(str(folder))
    return store


def completed(store: TrialStore, study: Study, folder: Path, **changes: object) -> int:
    claim = store.claim(study.id, "t", 1000.0)
    assert claim is not None
    store.suggest(claim, suggestion("A", rate=claim.number, **changes))
    files = folder / "trials" / str(claim.number)
    files.mkdir(parents=True)
    (files / "model.keras").write_bytes(MODEL + bytes([claim.number]))
    (files / "events.out.tfevents.1").write_bytes(b"not sent")
    store.complete(claim, result())
    return claim.number


def test_files_of_parents_teachers_and_members_arrive(service: Service, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    one, other = trainer(service, here), trainer(service, there)
    study = one.open_study(config())
    (here / "signature.json").write_text("{}")
    numbers = [completed(one, study, here) for _ in range(3)]
    ensemble = completed(one, study, here, kind=TrialKind.ENSEMBLE, members=(1, 2))
    claim = other.claim(study.id, "o", 1000.0)
    assert claim is not None
    other.suggest(claim, suggestion("B", parents=(3,)))
    assert not (there / "trials/1").exists()
    other.suggest(claim, suggestion("B", teacher=ensemble))
    for number in (*numbers, ensemble):
        assert (there / f"trials/{number}/model.keras").read_bytes() == MODEL + bytes([number])
    assert [path.name for path in (there / "trials/1").iterdir()] == ["model.keras"]
    assert (there / "signature.json").read_text() == "{}"
    other.release(claim)
    late = tmp_path / "late"
    again = trainer(service, late).claim(study.id, "l", 1000.0)
    assert again is not None and again.number == claim.number
    assert (late / "trials/1/model.keras").exists()


def test_models_of_pruned_trials_are_removed(service: Service, tmp_path: Path) -> None:
    here = tmp_path / "here"
    store = trainer(service, here)
    study = store.open_study(config())
    (here / "signature.json").write_text("{}")
    for _ in range(2):
        completed(store, study, here)
    seen = max(trial.revision for trial in store.trials(study.id))
    assert store.prune(study.id, [1], seen) == [1]
    kept = sorted(str(path.relative_to(tmp_path / "kept/1/trials")) for path in (tmp_path / "kept").rglob("*.*"))
    assert kept == ["1/signature.json", "2/model.keras", "2/signature.json"]


def test_a_service_without_a_folder_keeps_nothing(tmp_path: Path) -> None:
    with direct(sqlite_url(tmp_path)) as behind:
        service = Service(behind, ServiceOptions(port=0, grace_seconds=0.5))
        store = trainer(service, tmp_path / "here")
        study = store.open_study(config())
        assert completed(store, study, tmp_path / "here") == 1
        store.bring_files(study.id, 1)
        service.stop()
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == ["here"]


def test_a_file_too_large_is_told_before_the_trial_is_complete(service: Service, tmp_path: Path) -> None:
    store = trainer(service, tmp_path / "here")
    study = store.open_study(config())
    claim = store.claim(study.id, "t", 1000.0)
    assert claim is not None
    (tmp_path / "here/trials/1").mkdir(parents=True)
    (tmp_path / "here/trials/1/model.keras").write_bytes(bytes((1 << 20) + 1))
    with pytest.raises(StoreError, match=r"model\.keras has 1048577 bytes; the trial service takes files of 1048576"):
        store.complete(claim, result())
    store.heartbeat(claim)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"name": "../../x.json"}, "not the name of a trial's file"),
        ({"name": "/etc/x.json"}, "not the name of a trial's file"),
        ({"name": "a/b.json"}, "not the name of a trial's file"),
        ({"name": ".json"}, "not the name of a trial's file"),
        ({"name": "model.keras\n"}, "not the name of a trial's file"),
        ({"name": "program.py"}, "not the name of a trial's file"),
        ({"size": 4}, "longer than the 4 bytes"),
        ({"size": 6}, "damaged on its way: 5 of 6 bytes"),
        ({"size": 1 << 40}, "at most 1048576 are taken"),
        ({"size": -1}, "at most 1048576 are taken"),
        ({"sha256": "0" * 64}, "damaged on its way"),
        ({"token": "0" * 32}, "lease is lost"),
        ({"number": 7}, "lease is lost"),
    ],
)
def test_what_is_not_right_gets_no_name(
    service: Service, tmp_path: Path, changes: dict[str, object], problem: str
) -> None:
    store = trainer(service, tmp_path / "here")
    study = store.open_study(config())
    claim = store.claim(study.id, "t", 1000.0)
    assert claim is not None
    right = {"number": 1, "token": claim.token} | {k: v for k, v in changes.items() if k in ("number", "token")}
    file = {"name": "model.keras", "size": 5, "sha256": hashlib.sha256(b"12345").hexdigest()}
    file |= {key: value for key, value in changes.items() if key in file}
    header = pb.UploadHeader(
        claim=pb.Claim(study_id=study.id, attempt=1, lease_seconds=1000.0, **right), file=pb.FileInfo(**file)
    )
    parts = [pb.UploadRequest(header=header), pb.UploadRequest(content=b"123"), pb.UploadRequest(content=b"45")]
    with grpc.insecure_channel(f"localhost:{service.port}") as channel, pytest.raises(grpc.RpcError) as caught:
        FileServiceStub(channel).Upload(iter(parts), timeout=20)
    assert problem in (caught.value.details() or "")
    kept = tmp_path / "kept"
    assert not kept.exists() or [path for path in kept.rglob("*") if path.is_file()] == []
    store.heartbeat(claim)


def test_downloads_stay_in_the_folder(service: Service, tmp_path: Path) -> None:
    with grpc.insecure_channel(f"localhost:{service.port}") as channel:
        stub = FileServiceStub(channel)
        for name in ("../../../trials.db", "/etc/passwd", "model.keras"):
            with pytest.raises(grpc.RpcError) as caught:
                list(stub.Download(pb.DownloadRequest(study_id=1, number=1, name=name), timeout=20))
            assert caught.value.code() in (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.FAILED_PRECONDITION)


def test_a_zombie_sends_no_files(service: Service, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    zombie, other = trainer(service, here), trainer(service, there)
    study = zombie.open_study(config())
    lost = zombie.claim(study.id, "zombie", 1000.0)
    assert isinstance(lost, Claim)
    other.reap(study.id, ["zombie"])
    completed(other, study, there)
    (here / "trials/1").mkdir(parents=True)
    (here / "trials/1/model.keras").write_bytes(b"of the zombie")
    with pytest.raises(LeaseLostError):
        zombie.complete(lost, result())
    (here / "trials/1/model.keras").unlink()
    zombie.bring_files(study.id, 1)
    assert (here / "trials/1/model.keras").read_bytes() == MODEL + bytes([1])


def test_a_damaged_download_gets_no_name(service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    one, other = trainer(service, here), trainer(service, there)
    study = one.open_study(config())
    completed(one, study, here)
    wrong = "0" * 64
    monkeypatch.setattr("model_search.trial_store.service.file_servicer.sha256_of", lambda path: wrong)
    with pytest.raises(StoreError, match=r"model\.keras of trial 1 was damaged on its way from the service"):
        other.bring_files(study.id, 1)
    assert list((there / "trials/1").iterdir()) == []


@pytest.mark.parametrize("name", ["model.keras", "weights.npz", "evaluation_logits.npz", "replay.pbtxt", "test_1.json"])
def test_names_of_files(name: str) -> None:
    assert is_file_name(name)
