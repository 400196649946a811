"""Values of a study as messages of the service, and back. Values know nothing of messages."""

from collections.abc import Callable, Collection, Mapping
from typing import TypeVar

from ...architecture import Architecture
from ...proto import trial_service_pb2 as pb
from ...study import (
    Goal,
    HyperparameterValue,
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
from ..contract import Claim
from ..texts import unicode_text

T = TypeVar("T")
M = TypeVar("M")


def present(convert: Callable[[T], M], value: T | None) -> M | None:
    """A value converted, None as it is."""
    return None if value is None else convert(value)


def config_to_proto(config: StudyConfig) -> pb.StudyConfig:
    """A study's configuration, of valid text (`texts.check_config`)."""
    return pb.StudyConfig(
        owner=config.owner,
        name=config.name,
        spec=config.spec,
        data=config.data,
        objective=pb.Objective(metric=config.objective.metric, goal=config.objective.goal.value),
        seed=config.seed,
        max_trials=config.max_trials,
        settings=dict(config.settings),
    )


def config_from_proto(message: pb.StudyConfig) -> StudyConfig:
    """The way back. Raises `ValueError` for an unknown goal."""
    return StudyConfig(
        owner=message.owner,
        name=message.name,
        spec=message.spec,
        data=message.data,
        objective=Objective(message.objective.metric, Goal(message.objective.goal)),
        seed=message.seed,
        max_trials=message.max_trials,
        settings=dict(message.settings),
    )


def study_to_proto(study: Study) -> pb.Study:
    """A stored study."""
    return pb.Study(id=study.id, config=config_to_proto(study.config))


def study_from_proto(message: pb.Study) -> Study:
    """The way back."""
    return Study(message.id, config_from_proto(message.config))


def hyperparameters_to_proto(values: Mapping[str, HyperparameterValue]) -> dict[str, pb.HyperparameterValue]:
    """Named values, exactly. Raises `ValueError` for an integer beyond 64 bits."""
    return {unicode_text(name): _value_to_proto(value) for name, value in values.items()}


def _value_to_proto(value: HyperparameterValue) -> pb.HyperparameterValue:
    match value:
        case bool():  # before int: Python's bool is one
            return pb.HyperparameterValue(bool_value=value)
        case int():
            return pb.HyperparameterValue(int_value=value)
        case str():
            return pb.HyperparameterValue(text_value=unicode_text(value))
    return pb.HyperparameterValue(float_value=value)


def hyperparameters_from_proto(messages: Mapping[str, pb.HyperparameterValue]) -> dict[str, HyperparameterValue]:
    """The way back. Raises `ValueError` for a name without a value."""
    values: dict[str, HyperparameterValue] = {}
    for name, message in messages.items():
        kind = message.WhichOneof("kind")
        if kind is None:
            raise ValueError(f"hyperparameter {name!r} has no value")
        values[name] = getattr(message, kind)
    return values


def suggestion_to_proto(suggestion: Suggestion) -> pb.Suggestion:
    """What a trial trains."""
    return pb.Suggestion(
        kind=suggestion.kind.value,
        architecture=[unicode_text(block) for block in suggestion.architecture],
        hyperparameters=hyperparameters_to_proto(suggestion.hyperparameters),
        parents=suggestion.parents,
        origin=unicode_text(suggestion.origin),
        members=suggestion.members,
        teacher=suggestion.teacher,
    )


def suggestion_from_proto(message: pb.Suggestion) -> Suggestion:
    """The way back. Raises `ValueError` for an unknown kind or a hyperparameter without value."""
    return Suggestion(
        architecture=Architecture.of(message.architecture),
        hyperparameters=hyperparameters_from_proto(message.hyperparameters),
        kind=TrialKind(message.kind),
        parents=tuple(message.parents),
        origin=message.origin,
        members=tuple(message.members),
        teacher=message.teacher if message.HasField("teacher") else None,
    )


def measurement_to_proto(measurement: Measurement) -> pb.Measurement:
    """Metrics at one moment."""
    return pb.Measurement(
        step=measurement.step, metrics=_metrics_to_proto(measurement.metrics), objective=measurement.objective
    )


def measurement_from_proto(message: pb.Measurement) -> Measurement:
    """The way back."""
    objective = message.objective if message.HasField("objective") else None
    return Measurement(message.step, dict(message.metrics), objective)


def result_to_proto(result: Result) -> pb.Result:
    """What a finished trial reports."""
    return pb.Result(
        objective=result.objective,
        loss=result.loss,
        metrics=_metrics_to_proto(result.metrics),
        parameters=result.parameters,
        seconds=result.seconds,
        model=unicode_text(result.model),
        flops=result.flops,
        latency_ms=result.latency_ms,
    )


def result_from_proto(message: pb.Result) -> Result:
    """The way back. Raises `ValueError` for an objective or a loss that is not finite."""
    return Result(
        objective=message.objective,
        loss=message.loss,
        metrics=dict(message.metrics),
        parameters=message.parameters,
        seconds=message.seconds,
        model=message.model,
        flops=message.flops if message.HasField("flops") else None,
        latency_ms=message.latency_ms if message.HasField("latency_ms") else None,
    )


def trial_to_proto(trial: Trial) -> pb.Trial:
    """A snapshot of a trial."""
    return pb.Trial(
        number=trial.number,
        state=trial.state.value,
        attempt=trial.attempt,
        trainer=trial.trainer,
        suggestion=present(suggestion_to_proto, trial.suggestion),
        result=present(result_to_proto, trial.result),
        error=trial.error,
        revision=trial.revision,
    )


def trial_from_proto(message: pb.Trial) -> Trial:
    """The way back."""
    return Trial(
        number=message.number,
        state=TrialState(message.state),
        attempt=message.attempt,
        trainer=message.trainer,
        suggestion=suggestion_from_proto(message.suggestion) if message.HasField("suggestion") else None,
        result=result_from_proto(message.result) if message.HasField("result") else None,
        error=message.error,
        revision=message.revision,
    )


def claim_to_proto(claim: Claim) -> pb.Claim:
    """A trainer's right to a trial."""
    return pb.Claim(
        study_id=claim.study_id,
        number=claim.number,
        attempt=claim.attempt,
        token=claim.token,
        lease_seconds=claim.lease_seconds,
        suggestion=present(suggestion_to_proto, claim.suggestion),
    )


def claim_right_to_proto(claim: Claim) -> pb.Claim:
    """The same without the suggestion, which a write need not carry."""
    return pb.Claim(
        study_id=claim.study_id,
        number=claim.number,
        attempt=claim.attempt,
        token=claim.token,
        lease_seconds=claim.lease_seconds,
    )


def claim_from_proto(message: pb.Claim) -> Claim:
    """The way back."""
    return Claim(
        study_id=message.study_id,
        number=message.number,
        attempt=message.attempt,
        token=message.token,
        lease_seconds=message.lease_seconds,
        suggestion=suggestion_from_proto(message.suggestion) if message.HasField("suggestion") else None,
    )


def states_to_proto(states: Collection[TrialState] | None) -> pb.States | None:
    """States to choose by; none for all."""
    return None if states is None else pb.States(names=[state.value for state in states])


def states_from_proto(message: pb.States, is_there: bool) -> set[TrialState] | None:
    """The way back. Raises `ValueError` for an unknown state."""
    return {TrialState(name) for name in message.names} if is_there else None


def kinds_to_proto(kinds: Collection[TrialKind] | None) -> pb.Kinds | None:
    """Kinds to choose by; none for all."""
    return None if kinds is None else pb.Kinds(names=[kind.value for kind in kinds])


def kinds_from_proto(message: pb.Kinds, is_there: bool) -> set[TrialKind] | None:
    """The way back. Raises `ValueError` for an unknown kind."""
    return {TrialKind(name) for name in message.names} if is_there else None


def _metrics_to_proto(metrics: Mapping[str, float]) -> dict[str, float]:
    return {unicode_text(name): float(value) for name, value in metrics.items()}
