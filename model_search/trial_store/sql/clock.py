"""The database's clock, the one expression that each dialect writes in its own way."""

from typing import Any

from sqlalchemy import Double
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class now(FunctionElement[float]):
    """Seconds since 1970 by the database's clock, with at least milliseconds, at the moment of the statement."""

    type = Double()
    inherit_cache = True


@compiles(now, "sqlite")
def _sqlite(element: now, compiler: Any, **kwargs: Any) -> str:
    # unixepoch('subsec') arrived in SQLite 3.42; Python 3.11 is often built with an older one.
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(now, "postgresql")
def _postgresql(element: now, compiler: Any, **kwargs: Any) -> str:
    # Not now(), which stands still in a transaction, also while that waits for a lock.
    return "CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS DOUBLE PRECISION)"


@compiles(now, "mysql", "mariadb")
def _mysql(element: now, compiler: Any, **kwargs: Any) -> str:
    # Not UNIX_TIMESTAMP(NOW()), which goes by the session's time zone and repeats an hour each autumn.
    return "(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6)) / 1000000e0)"
