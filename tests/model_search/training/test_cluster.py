import json
from typing import Any

import pytest

from model_search.errors import UsageError
from model_search.training.cluster import Cluster, cluster

TWO = {"worker": ["a:1", "b:1"]}


def config(monkeypatch: pytest.MonkeyPatch, text: Any) -> None:
    monkeypatch.setenv("TF_CONFIG", text if isinstance(text, str) else json.dumps(text))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", None),
        ({"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 0}}, None),
        ({"cluster": TWO, "task": {"type": "worker", "index": 0}}, Cluster(2, True)),
        ({"cluster": TWO, "task": {"type": "worker", "index": 1}}, Cluster(2, False)),
        ({"cluster": TWO | {"chief": ["c:1"]}, "task": {"type": "worker", "index": 0}}, Cluster(3, False)),
        ({"cluster": TWO | {"chief": ["c:1"]}, "task": {"type": "chief", "index": 0}}, Cluster(3, True)),
    ],
)
def test_who_the_workers_are(content: Any, expected: Cluster | None, monkeypatch: pytest.MonkeyPatch) -> None:
    config(monkeypatch, content)
    assert cluster() == expected


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{worker", "TF_CONFIG='{worker' is not JSON with `cluster` and `task`"),
        ("[1]", "is not JSON with"),
        ({"cluster": TWO | {"ps": ["c:1"]}, "task": {}}, "only `chief` and `worker` train a trial in step"),
        ({"cluster": TWO, "task": {"type": "worker", "index": 2}}, "there is no task 2 of job 'worker'"),
        ({"cluster": TWO, "task": {"type": "chief", "index": 0}}, "there is no task 0 of job 'chief'"),
    ],
)
def test_wrong_configuration(content: Any, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    config(monkeypatch, content)
    with pytest.raises(UsageError, match=message):
        cluster()
