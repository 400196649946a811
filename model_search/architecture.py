"""Architectures: immutable sequences of block names, and the rules of their order.

An architecture never stands in an order that cannot be built: plates come before the one flatten and vectors after it,
sequences before the one summary. The functions here take roles as an argument, so that they know nothing of concrete
blocks.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from .errors import UsageError
from .role import Role

RoleOf = Callable[[str], Role]

TURNS = (Role.FLATTEN, Role.SUMMARY)
"""Roles of blocks that turn what comes before into vectors; a tower has one at most, which the engine places."""


@dataclass(frozen=True)
class Form:
    """What towers of a kind look like: blocks of the body, one turn, vectors.

    Attributes:
      body: role of the blocks before the turn.
      turn: role of the one between.
      default: the turn where none is given.
    """

    body: Role
    turn: Role
    default: str


PLATES = Form(Role.PLATE, Role.FLATTEN, "PLATE_REDUCTION_FLATTEN")
SEQUENCES = Form(Role.SEQUENCE, Role.SUMMARY, "LAST_ACTIVATION")


@dataclass(frozen=True)
class Architecture:
    """The block names of one tower, from its input to its logits."""

    blocks: tuple[str, ...]

    @classmethod
    def of(cls, names: Iterable[str]) -> "Architecture":
        """An architecture from any iterable of names."""
        return cls(tuple(names))

    def __iter__(self) -> Iterator[str]:
        return iter(self.blocks)

    def __len__(self) -> int:
        return len(self.blocks)

    def __getitem__(self, place: int) -> str:
        return self.blocks[place]

    def __str__(self) -> str:
        return " > ".join(self.blocks)

    def inserted(self, place: int, name: str) -> "Architecture":
        """One block more, before the one at `place` (0 to the length)."""
        return Architecture((*self.blocks[:place], name, *self.blocks[place:]))

    def replaced(self, place: int, name: str) -> "Architecture":
        """Another block at `place`."""
        if not 0 <= place < len(self.blocks):
            raise IndexError(f"place {place} of an architecture of {len(self.blocks)} blocks")
        return Architecture((*self.blocks[:place], name, *self.blocks[place + 1 :]))


def depth(architecture: Architecture, role_of: RoleOf) -> int:
    """Number of searched blocks: the flatten or summary that the engine places does not count."""
    return sum(role_of(name) not in TURNS for name in architecture)


def ordered(architecture: Architecture, role_of: RoleOf, form: Form, turn: str = "") -> Architecture:
    """The nearest architecture of a form: its body, one turn, vectors.

    The order within the body and within vectors is kept. Of several turns the first stays; where there is none, `turn`
    (by default the form's) is placed. A block of role ANY stays with the block before it.

    Raises:
      UsageError: a block fits neither the body nor the vectors.
    """
    body: list[str] = []
    vectors: list[str] = []
    chosen = None
    current = body
    for name in architecture:
        role = role_of(name)
        if role not in (form.body, form.turn, Role.VECTOR, Role.ANY):
            raise UsageError(
                f"block {name!r} is a {role.value} block; the tower has {form.body.value} blocks and then vectors"
            )
        if role is form.turn:
            chosen = chosen or name
            current = vectors
            continue
        if role is not Role.ANY:
            current = body if role is form.body else vectors
        current.append(name)
    return Architecture((*body, chosen or turn or form.default, *vectors))
