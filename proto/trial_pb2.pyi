from model_search.proto import search_spec_pb2 as _search_spec_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Suggestion(_message.Message):
    __slots__ = ("trial", "kind", "origin", "architecture", "hyperparameters", "parents", "members", "teacher")
    TRIAL_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    ARCHITECTURE_FIELD_NUMBER: _ClassVar[int]
    HYPERPARAMETERS_FIELD_NUMBER: _ClassVar[int]
    PARENTS_FIELD_NUMBER: _ClassVar[int]
    MEMBERS_FIELD_NUMBER: _ClassVar[int]
    TEACHER_FIELD_NUMBER: _ClassVar[int]
    trial: int
    kind: str
    origin: str
    architecture: _containers.RepeatedScalarFieldContainer[str]
    hyperparameters: _search_spec_pb2.HParamDef
    parents: _containers.RepeatedScalarFieldContainer[int]
    members: _containers.RepeatedScalarFieldContainer[int]
    teacher: int
    def __init__(self, trial: _Optional[int] = ..., kind: _Optional[str] = ..., origin: _Optional[str] = ..., architecture: _Optional[_Iterable[str]] = ..., hyperparameters: _Optional[_Union[_search_spec_pb2.HParamDef, _Mapping]] = ..., parents: _Optional[_Iterable[int]] = ..., members: _Optional[_Iterable[int]] = ..., teacher: _Optional[int] = ...) -> None: ...
