from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Objective(_message.Message):
    __slots__ = ("metric", "goal")
    METRIC_FIELD_NUMBER: _ClassVar[int]
    GOAL_FIELD_NUMBER: _ClassVar[int]
    metric: str
    goal: str
    def __init__(self, metric: _Optional[str] = ..., goal: _Optional[str] = ...) -> None: ...

class StudyConfig(_message.Message):
    __slots__ = ("owner", "name", "spec", "data", "objective", "seed", "max_trials", "settings")
    class SettingsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    OWNER_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    OBJECTIVE_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    MAX_TRIALS_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    owner: str
    name: str
    spec: str
    data: str
    objective: Objective
    seed: int
    max_trials: int
    settings: _containers.ScalarMap[str, str]
    def __init__(self, owner: _Optional[str] = ..., name: _Optional[str] = ..., spec: _Optional[str] = ..., data: _Optional[str] = ..., objective: _Optional[_Union[Objective, _Mapping]] = ..., seed: _Optional[int] = ..., max_trials: _Optional[int] = ..., settings: _Optional[_Mapping[str, str]] = ...) -> None: ...

class Study(_message.Message):
    __slots__ = ("id", "config")
    ID_FIELD_NUMBER: _ClassVar[int]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    id: int
    config: StudyConfig
    def __init__(self, id: _Optional[int] = ..., config: _Optional[_Union[StudyConfig, _Mapping]] = ...) -> None: ...

class HyperparameterValue(_message.Message):
    __slots__ = ("float_value", "int_value", "text_value", "bool_value")
    FLOAT_VALUE_FIELD_NUMBER: _ClassVar[int]
    INT_VALUE_FIELD_NUMBER: _ClassVar[int]
    TEXT_VALUE_FIELD_NUMBER: _ClassVar[int]
    BOOL_VALUE_FIELD_NUMBER: _ClassVar[int]
    float_value: float
    int_value: int
    text_value: str
    bool_value: bool
    def __init__(self, float_value: _Optional[float] = ..., int_value: _Optional[int] = ..., text_value: _Optional[str] = ..., bool_value: bool = ...) -> None: ...

class Suggestion(_message.Message):
    __slots__ = ("kind", "architecture", "hyperparameters", "parents", "origin", "members", "teacher")
    class HyperparametersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: HyperparameterValue
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[HyperparameterValue, _Mapping]] = ...) -> None: ...
    KIND_FIELD_NUMBER: _ClassVar[int]
    ARCHITECTURE_FIELD_NUMBER: _ClassVar[int]
    HYPERPARAMETERS_FIELD_NUMBER: _ClassVar[int]
    PARENTS_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    MEMBERS_FIELD_NUMBER: _ClassVar[int]
    TEACHER_FIELD_NUMBER: _ClassVar[int]
    kind: str
    architecture: _containers.RepeatedScalarFieldContainer[str]
    hyperparameters: _containers.MessageMap[str, HyperparameterValue]
    parents: _containers.RepeatedScalarFieldContainer[int]
    origin: str
    members: _containers.RepeatedScalarFieldContainer[int]
    teacher: int
    def __init__(self, kind: _Optional[str] = ..., architecture: _Optional[_Iterable[str]] = ..., hyperparameters: _Optional[_Mapping[str, HyperparameterValue]] = ..., parents: _Optional[_Iterable[int]] = ..., origin: _Optional[str] = ..., members: _Optional[_Iterable[int]] = ..., teacher: _Optional[int] = ...) -> None: ...

class Measurement(_message.Message):
    __slots__ = ("step", "metrics", "objective")
    class MetricsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    STEP_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    OBJECTIVE_FIELD_NUMBER: _ClassVar[int]
    step: int
    metrics: _containers.ScalarMap[str, float]
    objective: float
    def __init__(self, step: _Optional[int] = ..., metrics: _Optional[_Mapping[str, float]] = ..., objective: _Optional[float] = ...) -> None: ...

class Result(_message.Message):
    __slots__ = ("objective", "loss", "metrics", "parameters", "seconds", "model", "flops", "latency_ms")
    class MetricsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    OBJECTIVE_FIELD_NUMBER: _ClassVar[int]
    LOSS_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    FLOPS_FIELD_NUMBER: _ClassVar[int]
    LATENCY_MS_FIELD_NUMBER: _ClassVar[int]
    objective: float
    loss: float
    metrics: _containers.ScalarMap[str, float]
    parameters: int
    seconds: float
    model: str
    flops: int
    latency_ms: float
    def __init__(self, objective: _Optional[float] = ..., loss: _Optional[float] = ..., metrics: _Optional[_Mapping[str, float]] = ..., parameters: _Optional[int] = ..., seconds: _Optional[float] = ..., model: _Optional[str] = ..., flops: _Optional[int] = ..., latency_ms: _Optional[float] = ...) -> None: ...

class Trial(_message.Message):
    __slots__ = ("number", "state", "attempt", "trainer", "suggestion", "result", "error", "revision")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    TRAINER_FIELD_NUMBER: _ClassVar[int]
    SUGGESTION_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    number: int
    state: str
    attempt: int
    trainer: str
    suggestion: Suggestion
    result: Result
    error: str
    revision: int
    def __init__(self, number: _Optional[int] = ..., state: _Optional[str] = ..., attempt: _Optional[int] = ..., trainer: _Optional[str] = ..., suggestion: _Optional[_Union[Suggestion, _Mapping]] = ..., result: _Optional[_Union[Result, _Mapping]] = ..., error: _Optional[str] = ..., revision: _Optional[int] = ...) -> None: ...

class Trials(_message.Message):
    __slots__ = ("trials",)
    TRIALS_FIELD_NUMBER: _ClassVar[int]
    trials: _containers.RepeatedCompositeFieldContainer[Trial]
    def __init__(self, trials: _Optional[_Iterable[_Union[Trial, _Mapping]]] = ...) -> None: ...

class Claim(_message.Message):
    __slots__ = ("study_id", "number", "attempt", "token", "lease_seconds", "suggestion")
    STUDY_ID_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    LEASE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    SUGGESTION_FIELD_NUMBER: _ClassVar[int]
    study_id: int
    number: int
    attempt: int
    token: str
    lease_seconds: float
    suggestion: Suggestion
    def __init__(self, study_id: _Optional[int] = ..., number: _Optional[int] = ..., attempt: _Optional[int] = ..., token: _Optional[str] = ..., lease_seconds: _Optional[float] = ..., suggestion: _Optional[_Union[Suggestion, _Mapping]] = ...) -> None: ...

class DescribeRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Description(_message.Message):
    __slots__ = ("protocol", "max_attempts", "max_file_bytes")
    PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    MAX_ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    MAX_FILE_BYTES_FIELD_NUMBER: _ClassVar[int]
    protocol: int
    max_attempts: int
    max_file_bytes: int
    def __init__(self, protocol: _Optional[int] = ..., max_attempts: _Optional[int] = ..., max_file_bytes: _Optional[int] = ...) -> None: ...

class OpenStudyRequest(_message.Message):
    __slots__ = ("request_id", "config")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    config: StudyConfig
    def __init__(self, request_id: _Optional[str] = ..., config: _Optional[_Union[StudyConfig, _Mapping]] = ...) -> None: ...

class FindStudyRequest(_message.Message):
    __slots__ = ("owner", "name")
    OWNER_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    owner: str
    name: str
    def __init__(self, owner: _Optional[str] = ..., name: _Optional[str] = ...) -> None: ...

class FindStudyResponse(_message.Message):
    __slots__ = ("study",)
    STUDY_FIELD_NUMBER: _ClassVar[int]
    study: Study
    def __init__(self, study: _Optional[_Union[Study, _Mapping]] = ...) -> None: ...

class ListStudiesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ClaimRequest(_message.Message):
    __slots__ = ("request_id", "study_id", "trainer", "lease_seconds")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    STUDY_ID_FIELD_NUMBER: _ClassVar[int]
    TRAINER_FIELD_NUMBER: _ClassVar[int]
    LEASE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    study_id: int
    trainer: str
    lease_seconds: float
    def __init__(self, request_id: _Optional[str] = ..., study_id: _Optional[int] = ..., trainer: _Optional[str] = ..., lease_seconds: _Optional[float] = ...) -> None: ...

class ClaimResponse(_message.Message):
    __slots__ = ("claim",)
    CLAIM_FIELD_NUMBER: _ClassVar[int]
    claim: Claim
    def __init__(self, claim: _Optional[_Union[Claim, _Mapping]] = ...) -> None: ...

class ClaimedRequest(_message.Message):
    __slots__ = ("request_id", "claim")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CLAIM_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    claim: Claim
    def __init__(self, request_id: _Optional[str] = ..., claim: _Optional[_Union[Claim, _Mapping]] = ...) -> None: ...

class SuggestRequest(_message.Message):
    __slots__ = ("request_id", "claim", "suggestion")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CLAIM_FIELD_NUMBER: _ClassVar[int]
    SUGGESTION_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    claim: Claim
    suggestion: Suggestion
    def __init__(self, request_id: _Optional[str] = ..., claim: _Optional[_Union[Claim, _Mapping]] = ..., suggestion: _Optional[_Union[Suggestion, _Mapping]] = ...) -> None: ...

class MeasureRequest(_message.Message):
    __slots__ = ("request_id", "claim", "measurement")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CLAIM_FIELD_NUMBER: _ClassVar[int]
    MEASUREMENT_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    claim: Claim
    measurement: Measurement
    def __init__(self, request_id: _Optional[str] = ..., claim: _Optional[_Union[Claim, _Mapping]] = ..., measurement: _Optional[_Union[Measurement, _Mapping]] = ...) -> None: ...

class ResultRequest(_message.Message):
    __slots__ = ("request_id", "claim", "result")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CLAIM_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    claim: Claim
    result: Result
    def __init__(self, request_id: _Optional[str] = ..., claim: _Optional[_Union[Claim, _Mapping]] = ..., result: _Optional[_Union[Result, _Mapping]] = ...) -> None: ...

class ReasonRequest(_message.Message):
    __slots__ = ("request_id", "claim", "reason")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CLAIM_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    claim: Claim
    reason: str
    def __init__(self, request_id: _Optional[str] = ..., claim: _Optional[_Union[Claim, _Mapping]] = ..., reason: _Optional[str] = ...) -> None: ...

class Done(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ReapRequest(_message.Message):
    __slots__ = ("request_id", "study_id", "dead_trainers")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    STUDY_ID_FIELD_NUMBER: _ClassVar[int]
    DEAD_TRAINERS_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    study_id: int
    dead_trainers: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, request_id: _Optional[str] = ..., study_id: _Optional[int] = ..., dead_trainers: _Optional[_Iterable[str]] = ...) -> None: ...

class ReapResponse(_message.Message):
    __slots__ = ("numbers",)
    NUMBERS_FIELD_NUMBER: _ClassVar[int]
    numbers: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, numbers: _Optional[_Iterable[int]] = ...) -> None: ...

class PruneRequest(_message.Message):
    __slots__ = ("request_id", "study_id", "numbers", "seen")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    STUDY_ID_FIELD_NUMBER: _ClassVar[int]
    NUMBERS_FIELD_NUMBER: _ClassVar[int]
    SEEN_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    study_id: int
    numbers: _containers.RepeatedScalarFieldContainer[int]
    seen: int
    def __init__(self, request_id: _Optional[str] = ..., study_id: _Optional[int] = ..., numbers: _Optional[_Iterable[int]] = ..., seen: _Optional[int] = ...) -> None: ...

class PruneResponse(_message.Message):
    __slots__ = ("numbers",)
    NUMBERS_FIELD_NUMBER: _ClassVar[int]
    numbers: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, numbers: _Optional[_Iterable[int]] = ...) -> None: ...

class StudyRequest(_message.Message):
    __slots__ = ("study_id",)
    STUDY_ID_FIELD_NUMBER: _ClassVar[int]
    study_id: int
    def __init__(self, study_id: _Optional[int] = ...) -> None: ...

class RunningTrainersResponse(_message.Message):
    __slots__ = ("trainers",)
    TRAINERS_FIELD_NUMBER: _ClassVar[int]
    trainers: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, trainers: _Optional[_Iterable[str]] = ...) -> None: ...

class Kinds(_message.Message):
    __slots__ = ("names",)
    NAMES_FIELD_NUMBER: _ClassVar[int]
    names: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, names: _Optional[_Iterable[str]] = ...) -> None: ...

class BestRequest(_message.Message):
    __slots__ = ("study_id", "count", "kinds")
    STUDY_ID_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    KINDS_FIELD_NUMBER: _ClassVar[int]
    study_id: int
    count: int
    kinds: Kinds
    def __init__(self, study_id: _Optional[int] = ..., count: _Optional[int] = ..., kinds: _Optional[_Union[Kinds, _Mapping]] = ...) -> None: ...

class TrialRequest(_message.Message):
    __slots__ = ("study_id", "number")
    STUDY_ID_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    study_id: int
    number: int
    def __init__(self, study_id: _Optional[int] = ..., number: _Optional[int] = ...) -> None: ...

class GetTrialResponse(_message.Message):
    __slots__ = ("trial",)
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    trial: Trial
    def __init__(self, trial: _Optional[_Union[Trial, _Mapping]] = ...) -> None: ...

class States(_message.Message):
    __slots__ = ("names",)
    NAMES_FIELD_NUMBER: _ClassVar[int]
    names: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, names: _Optional[_Iterable[str]] = ...) -> None: ...

class ListTrialsRequest(_message.Message):
    __slots__ = ("study_id", "states", "since")
    STUDY_ID_FIELD_NUMBER: _ClassVar[int]
    STATES_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    study_id: int
    states: States
    since: int
    def __init__(self, study_id: _Optional[int] = ..., states: _Optional[_Union[States, _Mapping]] = ..., since: _Optional[int] = ...) -> None: ...

class RungValuesRequest(_message.Message):
    __slots__ = ("study_id", "step", "states")
    STUDY_ID_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    STATES_FIELD_NUMBER: _ClassVar[int]
    study_id: int
    step: int
    states: States
    def __init__(self, study_id: _Optional[int] = ..., step: _Optional[int] = ..., states: _Optional[_Union[States, _Mapping]] = ...) -> None: ...

class RungValuesResponse(_message.Message):
    __slots__ = ("values",)
    class ValuesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: int
        value: float
        def __init__(self, key: _Optional[int] = ..., value: _Optional[float] = ...) -> None: ...
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.ScalarMap[int, float]
    def __init__(self, values: _Optional[_Mapping[int, float]] = ...) -> None: ...

class CountsResponse(_message.Message):
    __slots__ = ("counts",)
    class CountsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    counts: _containers.ScalarMap[str, int]
    def __init__(self, counts: _Optional[_Mapping[str, int]] = ...) -> None: ...

class ArchitectureRequest(_message.Message):
    __slots__ = ("study_id", "architecture")
    STUDY_ID_FIELD_NUMBER: _ClassVar[int]
    ARCHITECTURE_FIELD_NUMBER: _ClassVar[int]
    study_id: int
    architecture: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, study_id: _Optional[int] = ..., architecture: _Optional[_Iterable[str]] = ...) -> None: ...

class Answer(_message.Message):
    __slots__ = ("answer",)
    ANSWER_FIELD_NUMBER: _ClassVar[int]
    answer: bool
    def __init__(self, answer: bool = ...) -> None: ...

class NumberOfRequest(_message.Message):
    __slots__ = ("study_id", "fingerprint")
    STUDY_ID_FIELD_NUMBER: _ClassVar[int]
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    study_id: int
    fingerprint: str
    def __init__(self, study_id: _Optional[int] = ..., fingerprint: _Optional[str] = ...) -> None: ...

class NumberOfResponse(_message.Message):
    __slots__ = ("number",)
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    number: int
    def __init__(self, number: _Optional[int] = ...) -> None: ...

class FileInfo(_message.Message):
    __slots__ = ("name", "size", "sha256")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    name: str
    size: int
    sha256: str
    def __init__(self, name: _Optional[str] = ..., size: _Optional[int] = ..., sha256: _Optional[str] = ...) -> None: ...

class UploadHeader(_message.Message):
    __slots__ = ("claim", "file")
    CLAIM_FIELD_NUMBER: _ClassVar[int]
    FILE_FIELD_NUMBER: _ClassVar[int]
    claim: Claim
    file: FileInfo
    def __init__(self, claim: _Optional[_Union[Claim, _Mapping]] = ..., file: _Optional[_Union[FileInfo, _Mapping]] = ...) -> None: ...

class UploadRequest(_message.Message):
    __slots__ = ("header", "content")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    header: UploadHeader
    content: bytes
    def __init__(self, header: _Optional[_Union[UploadHeader, _Mapping]] = ..., content: _Optional[bytes] = ...) -> None: ...

class ListFilesRequest(_message.Message):
    __slots__ = ("study_id", "number")
    STUDY_ID_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    study_id: int
    number: int
    def __init__(self, study_id: _Optional[int] = ..., number: _Optional[int] = ...) -> None: ...

class ListFilesResponse(_message.Message):
    __slots__ = ("files",)
    FILES_FIELD_NUMBER: _ClassVar[int]
    files: _containers.RepeatedCompositeFieldContainer[FileInfo]
    def __init__(self, files: _Optional[_Iterable[_Union[FileInfo, _Mapping]]] = ...) -> None: ...

class DownloadRequest(_message.Message):
    __slots__ = ("study_id", "number", "name")
    STUDY_ID_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    study_id: int
    number: int
    name: str
    def __init__(self, study_id: _Optional[int] = ..., number: _Optional[int] = ..., name: _Optional[str] = ...) -> None: ...

class DownloadResponse(_message.Message):
    __slots__ = ("content",)
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    content: bytes
    def __init__(self, content: _Optional[bytes] = ...) -> None: ...
