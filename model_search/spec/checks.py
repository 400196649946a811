"""How checks of a spec speak."""

from ..block import Role, blocks
from ..errors import UsageError
from ..proto.search_spec_pb2 import ProblemType, SearchSpec
from ..registry import closest

_ROLES = {
    ProblemType.CNN: (Role.PLATE, Role.FLATTEN, Role.VECTOR, Role.ANY),
    ProblemType.DNN: (Role.VECTOR, Role.ANY),
    ProblemType.RNN_LAST_ACTIVATIONS: (Role.SEQUENCE, Role.SUMMARY, Role.VECTOR, Role.ANY),
    ProblemType.RNN_ALL_ACTIVATIONS: (Role.SEQUENCE, Role.ANY),
}

OWN_BLOCKS = "(blocks of your own are loaded by --import_modules, in Python by user_modules)"


def require(holds: bool, field: str, value: object, allowed: str) -> None:
    """Raises UsageError naming the field, its value and what is allowed, unless `holds`."""
    if not holds:
        raise UsageError(f"spec field {field} is {shown(value)}; {allowed}")


class Words(str):
    """A value that is shown without quotation marks: an enum's name."""

    __slots__ = ()


def shown(value: object) -> str:
    """A value as people write it: float32 rounding does not show."""
    if isinstance(value, Words):
        return str(value)
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.6g}" if isinstance(value, float) else repr(value)


def check_block(spec: SearchSpec, field: str, name: str) -> None:
    """Checks that a block is registered and that towers of the spec's problem type can have it."""
    if name not in blocks:
        require(False, field, name, f"no block has this name; {closest(name, blocks)} {OWN_BLOCKS}")
    role = blocks[name].role
    allowed = _ROLES[spec.problem_type]
    problem = ProblemType.Name(spec.problem_type)
    has = " and ".join(map(_words, allowed))
    require(role in allowed, field, name, f"this is a {role.value} block; a {problem} has {has}")


def _words(role: Role) -> str:
    return "blocks for any input" if role is Role.ANY else f"{role.value} blocks"
