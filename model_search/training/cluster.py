"""Who trains a trial together, as the environment says. Imports no TensorFlow."""

import json
import os
from dataclasses import dataclass

from ..errors import UsageError

VARIABLE = "TF_CONFIG"


@dataclass(frozen=True)
class Cluster:
    """What `TF_CONFIG` says.

    Attributes:
      size: number of workers.
      is_chief: whether this process is the first one.
    """

    size: int
    is_chief: bool


def cluster() -> Cluster | None:
    """Who the workers are; None where `TF_CONFIG` names no others. Raises `UsageError` where it is wrong."""
    text = os.environ.get(VARIABLE, "")
    if not text:
        return None
    try:
        content = json.loads(text)
        jobs = {name: list(addresses) for name, addresses in content.get("cluster", {}).items()}
        task = content.get("task", {})
        kind, index = str(task.get("type", "worker")), int(task.get("index", 0))
    except (ValueError, AttributeError, TypeError):
        raise UsageError(f"{VARIABLE}={text[:80]!r} is not JSON with `cluster` and `task`") from None
    if set(jobs) - {"chief", "worker"}:
        raise UsageError(f"{VARIABLE}: jobs {sorted(jobs)}: only `chief` and `worker` train a trial in step")
    size = sum(map(len, jobs.values()))
    if size < 2:
        return None
    if not 0 <= index < len(jobs.get(kind, ())):
        raise UsageError(f"{VARIABLE}: there is no task {index} of job {kind!r}")
    return Cluster(size, kind == "chief" or ("chief" not in jobs and index == 0))
