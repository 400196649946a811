"""Towers in the order that a spec's networks have."""

from collections.abc import Iterable

from ..architecture import DEFAULT_FLATTEN, Architecture, ordered_plates
from ..block import Role, blocks
from ..proto.search_spec_pb2 import ProblemType, SearchSpec


def role_of(name: str) -> Role:
    """Role of a registered block."""
    return blocks[name].role


def flatten_of(spec: SearchSpec) -> str:
    """The flatten that new plate towers get: the first one in `blocks_to_use`, else global average pooling."""
    return next((name for name in spec.blocks_to_use if role_of(name) is Role.FLATTEN), DEFAULT_FLATTEN)


def tower(spec: SearchSpec, names: Iterable[str]) -> Architecture:
    """The tower of these blocks: as they are, and for plates in order, with one flatten."""
    architecture = Architecture.of(names)
    if spec.problem_type != ProblemType.CNN:
        return architecture
    return ordered_plates(architecture, role_of, flatten_of(spec))
