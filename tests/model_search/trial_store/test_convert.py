"""Values come through messages as they were: every field of each, also one that will be new."""

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import pytest

from model_search.architecture import Architecture
from model_search.proto import trial_service_pb2 as pb
from model_search.study import (
    Goal,
    Measurement,
    Objective,
    Result,
    Study,
    StudyConfig,
    Suggestion,
    Trial,
    TrialKind,
    TrialState,
)
from model_search.trial_store.contract import Claim
from model_search.trial_store.remote import convert

SUGGESTION = Suggestion(
    architecture=Architecture.of(["A", "Ä 'x'"]),
    hyperparameters={"rate": 0.1 + 0.2, "units": 2**62, "name": "é", "flag": False, "one": 1.0},
    kind=TrialKind.DISTILLATION,
    parents=(3, 1),
    origin="grow",
    members=(2, 5),
    teacher=4,
)
RESULT = Result(-1 / 3, 1e300, {"accuracy": -1 / 3, "auc": math.inf}, 2**40, 1 / 7, "m", flops=2**50, latency_ms=1 / 7)
CONFIG = StudyConfig("ada", "digits", "spec", "data", Objective("loss", Goal.MINIMIZE), 7, 9, {"steps": "5"})
TRIAL = Trial(7, TrialState.STOPPED, 2, "t", SUGGESTION, RESULT, "lost", 99)
CLAIM = Claim(1, 7, 2, "0" * 32, 0.1, SUGGESTION)
CASES: list[tuple[Any, Callable[[Any], Any], Callable[[Any], Any]]] = [
    (Study(5, CONFIG), convert.study_to_proto, convert.study_from_proto),
    (SUGGESTION, convert.suggestion_to_proto, convert.suggestion_from_proto),
    (RESULT, convert.result_to_proto, convert.result_from_proto),
    (Measurement(5, {"loss": 0.1}, 0.7), convert.measurement_to_proto, convert.measurement_from_proto),
    (TRIAL, convert.trial_to_proto, convert.trial_from_proto),
    (CLAIM, convert.claim_to_proto, convert.claim_from_proto),
]


@pytest.mark.parametrize(("value", "to_proto", "from_proto"), CASES)
def test_every_field_comes_back(value: Any, to_proto: Callable[[Any], Any], from_proto: Callable[[Any], Any]) -> None:
    unset = [
        field.name
        for field in dataclasses.fields(value)
        if field.default is not dataclasses.MISSING and getattr(value, field.name) == field.default
    ]
    assert unset == [], "the example of this test must set every field"
    message = to_proto(value)
    back = from_proto(type(message).FromString(message.SerializeToString()))
    assert back == value


def test_what_is_not_there_comes_back_as_none() -> None:
    for value, to_proto, from_proto in (
        (Suggestion(Architecture(()), {}), convert.suggestion_to_proto, convert.suggestion_from_proto),
        (Result(0.0, 0.0, {}, 0, 0.0, ""), convert.result_to_proto, convert.result_from_proto),
        (Measurement(0, {}), convert.measurement_to_proto, convert.measurement_from_proto),
        (Trial(1, TrialState.RUNNING, 1, "", None, None, "", 1), convert.trial_to_proto, convert.trial_from_proto),
        (Claim(1, 1, 1, "", 1.0, None), convert.claim_to_proto, convert.claim_from_proto),
    ):
        assert from_proto(to_proto(value)) == value


def test_wrong_messages_are_told() -> None:
    with pytest.raises(ValueError, match="hyperparameter 'rate' has no value"):
        convert.hyperparameters_from_proto({"rate": pb.HyperparameterValue()})
    for wrong in (
        lambda: convert.suggestion_from_proto(pb.Suggestion(kind="nonsense")),
        lambda: convert.config_from_proto(pb.StudyConfig()),
        lambda: convert.states_from_proto(pb.States(names=["DONE"]), True),
        lambda: convert.kinds_from_proto(pb.Kinds(names=["x"]), True),
        lambda: convert.hyperparameters_to_proto({"units": 2**64}),
    ):
        with pytest.raises(ValueError):
            wrong()
