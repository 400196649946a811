import os
import subprocess
import sys
from pathlib import Path

import pytest

from model_search.trial_store.contract import StoreError
from model_search.trial_store.open import open_store


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "not a database URL; write sqlite:///search.db"),
        ("search.db", "not a database URL"),
        ("grpc://localhost:99", "trial service localhost:99: unavailable: .*refused"),
        ("grpc://localhost", "grpc://…: not the URL of a service; write grpc://localhost:50051"),
        ("grpc://localhost:x", "not the URL of a service"),
        ("grpc://localhost:99/studies", "not the URL of a service"),
        ("grpc://me:secret@localhost:99", "no password belongs into the URL of a service; .* MODEL_SEARCH_TOKEN"),
        ("grpcs://localhost:99?token=secret", "unknown setting 'token'; known: ca, certificate, key"),
        ("grpc://localhost:99?ca=ca.pem", "ca belongs to TLS; write grpcs://"),
        ("grpcs://localhost:99?ca=nowhere.pem", "ca nowhere.pem cannot be read: No such file"),
        ("grpcs://localhost:99?key=text.db", "certificate and key belong together"),
        ("oracle://me:secret@host/db", r"oracle://…: unknown kind of database"),
        ("nonsense://me:secret@host/db", r"nonsense://…: unknown kind of database"),
        (
            "postgresql+nodriver://me:secret@host/db",
            r"write postgresql\+psycopg://… and run: pip install 'model-search\[postgres\]'",
        ),
        (
            "mysql+nodriver://me:secret@host/db",
            r"write mysql\+pymysql://… and run: pip install 'model-search\[mysql\]'",
        ),
        ("postgresql://me:secret@host:port/db", r"postgresql://…: not a database URL"),
        ("sqlite+nodriver:///x.db", "unknown driver"),
        ("sqlite://", "share a file, not memory"),
        ("sqlite:///:memory:", "share a file, not memory"),
        ("sqlite:///nowhere/x.db", "the folder nowhere does not exist"),
        ("sqlite:///folder", "folder is a folder"),
        ("sqlite:///text.db", "file is not a database"),
    ],
)
def test_wrong_url_is_one_clear_line(url: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model_search.trial_store.remote.client.OPENING_SECONDS", 0.2)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "text.db").write_text("number,label\n" * 1000)
    with pytest.raises(StoreError, match=message) as caught:
        open_store(url)
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_relative_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    open_store("sqlite:///search.db").close()
    assert (tmp_path / "search.db").exists()


def test_needs_no_tensorflow() -> None:
    program = (
        "import sys, model_search.trial_store.open, model_search.trial_store.heartbeat,"
        " model_search.trial_store.history, model_search.trial_store.remote.client as client; client.GrpcTrialStore;"
        " assert not {'tensorflow', 'keras', 'numpy', 'sqlalchemy'} & set(sys.modules);"
        " import model_search.trial_store.sql.open, model_search.trial_store.service.server;"
        " sys.exit(bool({'tensorflow', 'keras', 'pandas'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_fork_is_refused(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/x.db")
    child = os.fork()
    if child == 0:
        try:
            store.studies()
        except StoreError as error:
            os._exit(7 if "open it again in each process" in str(error) else 8)
        os._exit(9)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert store.studies() == []
