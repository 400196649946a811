import sys
from typing import Any

import pytest

from model_search.errors import UsageError
from model_search.study import TrialState
from model_search.trainers.ray.plan import Plan, check_shared


def counts(**numbers: int) -> dict[TrialState, int]:
    return {state: numbers.get(state.value.lower(), 0) for state in TrialState}


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (counts(), 4),
        (counts(completed=90, running=2), 4),
        (counts(completed=95, infeasible=1, stopped=1, running=2), 3),
        (counts(completed=99, waiting=1), 2),
        (counts(completed=100), 2),
    ],
)
def test_as_many_as_there_is_work_for(found: dict[TrialState, int], wanted: int) -> None:
    assert Plan(least=2, most=4, cpus=1, gpus=0).wanted(found, max_trials=100) == wanted


def test_resources() -> None:
    plan = Plan(1, 4, cpus=2, gpus=0.25)
    assert plan.threads == 2
    options = plan.actor_options
    assert (options["num_cpus"], options["num_gpus"], options["max_restarts"]) == (2, 0.25, -1)
    assert Plan(1, 1, cpus=0.5, gpus=0).threads == 1


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ((0, 1, 1, 0), "--min_trainers=0 is too small: at least 1"),
        ((3, 2, 1, 0), "--max_trainers=2 is less than --min_trainers=3"),
        ((1, 1, -1, 0), "--cpus_per_trainer=-1: give a whole number"),
        ((1, 1, 1, 1.5), "--gpus_per_trainer=1.5: give a whole number, or a part of one such as 0.5"),
        ((1, 1, 0, 0), "without either, Ray has no limit to keep"),
    ],
)
def test_wrong_plans(values: tuple[Any, ...], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Plan(*values)


def test_machines_share_no_sqlite() -> None:
    check_shared("", hosts=1)
    check_shared("grpcs://host:50051", hosts=2)
    for url in ("", "sqlite:////shared/search.db"):
        with pytest.raises(UsageError, match="SQLite is for one machine, the cluster has 2"):
            check_shared(url, hosts=2)


def test_missing_ray_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from model_search.trainers.ray.launch import launch

    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UsageError, match="run: pip install 'model-search\\[ray\\]'"):
        launch(Plan(1, 1, 1, 0), "", 0.0)
