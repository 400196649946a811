"""Trainers on machines of their own, one of which is cut off for a while: network namespaces on this machine.

    python benchmarks/namespaces.py [--trainers=3] [--trials=12] [--cut_seconds=60] [--lease_seconds=20]

The service runs here, with TLS and a token; each trainer runs in a network namespace, joined by a pair of virtual
network cards, with a folder of its own: files pass through the service. When the first trials are done, one trainer's
card is taken down for --cut_seconds, and up again. In the end the trials are 1..n, each once, all completed, none
that was completed before the cut has changed, and no trainer has ended with an error. Needs root, `ip` (Debian:
iproute2) and `openssl`.
"""

import contextlib
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from absl import app, flags
from fleet.postgres import free_port

from model_search.handle import StudyHandle, load
from model_search.study import TrialState

TRAINERS = flags.DEFINE_integer("trainers", 3, "Trainers, each in a namespace.", lower_bound=2)
TRIALS = flags.DEFINE_integer("trials", 12, "Trials of the search.", lower_bound=1)
CUT = flags.DEFINE_float("cut_seconds", 60, "How long a trainer is cut off.", lower_bound=0)
LEASE = flags.DEFINE_float("lease_seconds", 20, "Of each claim.", lower_bound=2)
STEPS = flags.DEFINE_integer("train_steps", 200, "Gradient steps of a trial.", lower_bound=1)
COMMAND = [sys.executable, "-P", "-m", "model_search.trainers.main"]


def ip(*arguments: str, check: bool = True) -> None:
    subprocess.run(["ip", *arguments], check=check, stderr=None if check else subprocess.DEVNULL)


def here(place: int) -> str:
    """This machine's address on the way to a trainer."""
    return f"10.77.{place}.1"


@contextlib.contextmanager
def namespaces(count: int) -> Iterator[list[str]]:
    """So many namespaces, each with one card whose other end is here."""
    names = [f"search{os.getpid()}-{place}" for place in range(count)]
    try:
        for place, name in enumerate(names):
            ip("netns", "add", name)
            ip("link", "add", card(place), "type", "veth", "peer", "name", "uplink", "netns", name)
            ip("address", "add", f"{here(place)}/30", "dev", card(place))
            ip("link", "set", card(place), "up")
            ip("-n", name, "address", "add", f"10.77.{place}.2/30", "dev", "uplink")
            ip("-n", name, "link", "set", "uplink", "up")
            ip("-n", name, "link", "set", "lo", "up")
        yield names
    finally:
        for name in names:
            ip("netns", "delete", name, check=False)


def card(place: int) -> str:
    return f"veth{os.getpid() % 10**6}x{place}"


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for all of this machine's addresses, and its key."""
    certificate, key = folder / "server.pem", folder / "server.key"
    names = ",".join(f"IP:{address}" for address in ("127.0.0.1", *map(here, range(TRAINERS.value))))
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=search", "-addext",
         f"subjectAltName={names}", "-keyout", key, "-out", certificate],
        check=True, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return certificate, key


def completed(handle: StudyHandle) -> dict[int, object]:
    trials = handle.store.trials(handle.study.id, {TrialState.COMPLETED})
    return {trial.number: (trial.trainer, trial.result) for trial in trials}


def main(_: list[str]) -> None:
    if os.geteuid() != 0:
        raise SystemExit("namespaces.py makes network namespaces and needs root")
    os.environ["MODEL_SEARCH_TOKEN"] = secrets.token_hex(16)
    with tempfile.TemporaryDirectory() as name, namespaces(TRAINERS.value) as names, contextlib.ExitStack() as stack:
        folder, port = Path(name), free_port()
        certificate, key = make_certificate(folder)
        database = f"sqlite:///{folder}/search.db"
        serve = [*COMMAND, "serve", f"--trial_store={database}", f"--files={folder}/files", "--host=0.0.0.0",
                 f"--port={port}", f"--tls_certificate={certificate}", f"--tls_key={key}"]  # fmt: skip
        service = subprocess.Popen(serve, stdout=subprocess.PIPE, text=True)
        stack.callback(service.kill)
        assert service.stdout is not None and "serving" in service.stdout.readline()
        trainers = []
        for place, space in enumerate(names):
            url = f"grpcs://{here(place)}:{port}?ca={certificate}"
            train = [*COMMAND, "train", f"--trial_store={url}", f"--model_dir={folder}/{place}", "--dataset=digits",
                     "--spec=small_dnn", f"--train_steps={STEPS.value}", f"--max_trials={TRIALS.value}",
                     "--num_trainers=0", f"--trainer_id=machine{place}", f"--lease_seconds={LEASE.value}",
                     "--norefit", "--experiment_name=namespaces"]  # fmt: skip
            with open(folder / f"{place}.log", "w") as log:
                trainers.append(subprocess.Popen(["ip", "netns", "exec", space, *train], stdout=log, stderr=log))
            stack.callback(trainers[-1].kill)
        handle = opened(database, trainers)
        wait_for(lambda: len(completed(handle)) >= TRAINERS.value, trainers)
        known = completed(handle)
        wait_for(lambda: any("machine0" in t for t in handle.store.running_trainers(handle.study.id)), trainers)
        lost = [t.number for t in handle.store.trials(handle.study.id, {TrialState.RUNNING}) if "machine0" in t.trainer]
        ip("link", "set", card(0), "down")
        print(f"machine0 is cut off, with trial {lost}; {len(known)} completed", flush=True)
        time.sleep(CUT.value)
        ip("link", "set", card(0), "up")
        print(f"machine0 is back; {len(completed(handle))} completed", flush=True)
        statuses = [trainer.wait() for trainer in trainers]
        logs = "".join((folder / f"{place}.log").read_text()[-2000:] for place in range(TRAINERS.value))
        assert statuses == [0] * TRAINERS.value, f"{statuses}\n{logs}"
        trials = handle.store.trials(handle.study.id)
        assert [trial.number for trial in trials] == list(range(1, TRIALS.value + 1))
        assert {trial.state for trial in trials} == {TrialState.COMPLETED}, trials
        assert known.items() <= completed(handle).items(), "a completed trial changed"
        missing = [t.number for t in trials if not list((folder / "files").rglob(f"{t.number}/model.keras"))]
        whose = {number: trials[number - 1].trainer.partition("@")[0] for number in lost}
        attempts = {number: trials[number - 1].attempt for number in lost}
        handle.store.close()
    print(f"trials 1..{TRIALS.value}, each once, all completed; the lost one by {whose}, attempt {attempts}; "
          f"models missing at the service: {missing}")  # fmt: skip
    sys.exit(1 if missing else 0)


def opened(database: str, trainers: list[subprocess.Popen]) -> StudyHandle:
    while True:
        with contextlib.suppress(Exception):  # no study yet
            return load("", database)
        assert all(trainer.poll() is None for trainer in trainers), "a trainer did not start"
        time.sleep(1)


def wait_for(condition: Callable[[], bool], trainers: list[subprocess.Popen]) -> None:
    while not condition():
        assert any(trainer.poll() is None for trainer in trainers), "the search ended too early; give more trials"
        time.sleep(0.2)


if __name__ == "__main__":
    app.run(main)
