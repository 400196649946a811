"""Architectures: immutable sequences of block names, and the rules of their order.

An architecture never stands in an order that cannot be built: plates come before the one flatten, vectors after it.
The functions here take roles as an argument, so that they know nothing of concrete blocks.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from .errors import UsageError
from .role import Role

RoleOf = Callable[[str], Role]

DEFAULT_FLATTEN = "PLATE_REDUCTION_FLATTEN"


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
    """Number of searched blocks: the flatten that the engine places does not count."""
    return sum(role_of(name) is not Role.FLATTEN for name in architecture)


def ordered_plates(architecture: Architecture, role_of: RoleOf, flatten: str = DEFAULT_FLATTEN) -> Architecture:
    """The nearest architecture that a plate network can have: plates, one flatten, vectors.

    The order within plates and within vectors is kept. Of several flattens the first stays; where there is none,
    `flatten` is placed. A block of role ANY stays with the block before it.

    Raises:
      UsageError: a block takes neither plates nor vectors.
    """
    plates: list[str] = []
    vectors: list[str] = []
    chosen = None
    current = plates
    for name in architecture:
        role = role_of(name)
        if role is Role.SEQUENCE:
            raise UsageError(f"block {name!r} takes sequences; a CNN has plates and then vectors")
        if role is Role.FLATTEN:
            chosen = chosen or name
            current = vectors
            continue
        if role is not Role.ANY:
            current = plates if role is Role.PLATE else vectors
        current.append(name)
    return Architecture((*plates, chosen or flatten, *vectors))
