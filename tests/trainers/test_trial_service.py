"""A service as a process, trainers that share nothing but it, and the command that looks after tables."""

import os
import re
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from outcome import Command
from processes import start

TOKEN = "correct-horse-battery-staple"
SEARCH = (
    "--spec=small_dnn",
    "--dataset=digits",
    "--train_steps=20",
    "--batch_size=64",
    "--norefit",
    "--num_trainers=0",
)


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, subprocess.Popen]]:
    """URL and process of a service with a token, which this process has in its environment."""
    monkeypatch.setenv("MODEL_SEARCH_TOKEN", TOKEN)
    (tmp_path / "token").write_text(TOKEN)
    process = start(
        "serve", f"--trial_store=sqlite:///{tmp_path}/search.db", f"--files={tmp_path}/kept", "--port=0",
        f"--token_file={tmp_path}/token",
    )  # fmt: skip
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.fullmatch(r"serving at (grpc://127\.0\.0\.1:\d+)\n", line)
    assert found, line
    yield found[1], process
    process.kill()
    process.wait()


def test_trainers_share_nothing_but_the_service(
    service: tuple[str, subprocess.Popen], command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, process = service
    one, other, fetched = (tmp_path / name for name in ("one", "other", "fetched"))
    assert command("train", f"--trial_store={url}", f"--model_dir={one}", "--max_trials=1", *SEARCH).status == 0
    assert command("train", f"--trial_store={url}", f"--model_dir={other}", "--max_trials=2", *SEARCH).status == 0
    assert not (one / "trials/2").exists()

    outcome = command("leaderboard", f"--trial_store={url}", "--format=csv")
    assert outcome.status == 0 and len(outcome.out.splitlines()) == 3
    assert "trial 1: search, COMPLETED" in command("show", f"--trial_store={url}", "--trial=1").out
    arguments = (f"--trial_store={url}", f"--model_dir={fetched}", "--trial=2")
    assert command("export", *arguments, f"--output={tmp_path}/best.keras").status == 0
    assert (tmp_path / "best.keras").exists()
    assert (fetched / "trials/2/model.keras").read_bytes() == (other / "trials/2/model.keras").read_bytes()
    assert (fetched / "signature.json").read_bytes() == (one / "signature.json").read_bytes()

    monkeypatch.setenv("MODEL_SEARCH_TOKEN", "wrong")
    outcome = command("leaderboard", f"--trial_store={url}")
    assert outcome.status == 2
    assert outcome.err == "model_search: error: a valid token is needed: MODEL_SEARCH_TOKEN or --token_file\n"
    monkeypatch.delenv("MODEL_SEARCH_TOKEN")
    monkeypatch.setenv("MODEL_SEARCH_TOKEN_FILE", "")  # so that what the command sets is taken back
    assert command("leaderboard", f"--trial_store={url}", f"--token_file={tmp_path}/token").status == 0

    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    assert process.stdout is not None
    assert "refused ipv4:127.0.0.1: a valid token is needed" in (log := process.stdout.read())
    written = [path.read_bytes() for folder in (one, other, fetched) for path in folder.rglob("*.*")]
    assert TOKEN not in log and not any(TOKEN.encode() in content for content in written)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ((), "--trial_store is missing"),
        (("--trial_store=sqlite:///x.db", "now"), "serve takes no argument 'now'"),
        (
            ("--trial_store=sqlite:///x.db", "--host=0.0.0.0"),
            "beyond this machine, where a service needs TLS and a token",
        ),
        (("--trial_store=sqlite:///x.db", "--tls_key=nowhere.pem"), "--tls_key: nowhere.pem cannot be read"),
        (("--trial_store=sqlite:///x.db", "--token_file=nowhere"), "cannot be read: No such file"),
        (("--trial_store=mongodb://x",), "unknown kind of database"),
    ],
)
def test_what_serve_refuses(
    arguments: tuple[str, ...], problem: str, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MODEL_SEARCH_TOKEN", raising=False)
    monkeypatch.setenv("MODEL_SEARCH_TOKEN_FILE", "")
    outcome = command("serve", *arguments)
    assert outcome.status == 2
    assert problem in outcome.err
    assert len(outcome.err.splitlines()) == 1
    assert os.listdir(tmp_path) == []


def test_tables_are_made_and_looked_at(command: Command, tmp_path: Path) -> None:
    url = f"--trial_store=sqlite:///{tmp_path}/search.db"
    before = command("db", "status", url)
    assert before.status == 1 and "schema revision none (no tables), this version needs 0" in before.out
    assert "created" in command("db", "upgrade", url).out
    assert "is as it was" in command("db", "upgrade", url).out
    assert command("db", "status", url).status == 0
    with sqlite3.connect(tmp_path / "search.db") as connection:
        connection.execute("UPDATE search_schema_version SET version_num = '9999'")
    newer = command("db", "upgrade", url)
    assert newer.status == 2 and "newer than this version of model_search" in newer.err
    for arguments, problem in (
        (("downgrade", url), "not 'downgrade'"),
        ((), "not 'nothing'"),
        (("status",), "missing"),
    ):
        outcome = command("db", *arguments)
        assert outcome.status == 2 and problem in outcome.err
