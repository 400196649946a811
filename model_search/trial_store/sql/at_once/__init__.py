"""What trainers do most, as fast as each database can.

To servers each goes in one packet: the study's row is locked and given back inside the server, so no trainer holds it
while the network is slow, or while the trainer itself stands still, and one round trip is all that a claim or a report
costs. On SQLite each is a short transaction. A report says whether it was done this way; where not (a token is void, it
was said before), nothing has changed, and the transaction in `changes` decides. So it does of claims that raise
`UndecidedError`.
"""

from types import ModuleType

from sqlalchemy import Dialect

from . import mariadb, postgresql, sqlite
from .parts import UndecidedError

__all__ = ["UndecidedError", "for_dialect"]


def for_dialect(dialect: Dialect) -> ModuleType | None:
    """The module with the statements of a database that was connected to; None where it has none."""
    if dialect.name == "sqlite":
        return sqlite
    if dialect.driver == "psycopg":
        return postgresql
    return mariadb if getattr(dialect, "is_mariadb", False) else None
