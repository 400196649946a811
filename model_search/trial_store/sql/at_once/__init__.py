"""What trainers do most, each in one statement, for servers that can.

The study's row is locked and given back inside the server, so no trainer holds it while the network is slow, or while
the trainer itself stands still, and one round trip is all that a claim or a report costs. A report says whether it was
done this way; where not (a token is void, it was said before), nothing has changed, and the transaction in `changes`
decides. So it does of claims that raise `UndecidedError`.
"""

from types import ModuleType

from sqlalchemy import Dialect

from . import mariadb, postgresql
from .parts import UndecidedError

__all__ = ["UndecidedError", "for_dialect"]


def for_dialect(dialect: Dialect) -> ModuleType | None:
    """The module with the statements of a server that was connected to; None where it has none."""
    if dialect.name == "postgresql":
        return postgresql
    return mariadb if getattr(dialect, "is_mariadb", False) else None
