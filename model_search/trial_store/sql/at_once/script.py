"""Several statements of one transaction, sent to PostgreSQL in one packet."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ClauseElement, Connection
from sqlalchemy.exc import DBAPIError

from .parts import UndecidedError


def number(connection: Connection, first: str, second: ClauseElement, values: Mapping[str, Any]) -> int | None:
    """What `second` gives, done in one transaction after `first`; the second sees what was committed before it began.

    The server goes from one to the other by itself: a client that stands still meanwhile holds no locks.

    Raises:
      UndecidedError: the driver is another one than psycopg.
      DBAPIError: as of any statement; the connection is given up then.
    """
    if connection.dialect.driver != "psycopg":
        raise UndecidedError
    import psycopg

    compiled = second.compile(dialect=connection.dialect)
    driver = connection.connection.driver_connection
    assert driver is not None
    script = f"BEGIN ISOLATION LEVEL READ COMMITTED; {first}; {compiled}; COMMIT"
    try:
        with psycopg.ClientCursor(driver) as cursor:
            cursor.execute(script, compiled.construct_params(dict(values)))
            cursor.nextset()
            cursor.nextset()
            row = cursor.fetchone()
    except psycopg.Error as error:
        connection.invalidate(error)
        raise DBAPIError.instance(
            script, None, error, psycopg.Error, connection_invalidated=True, dialect=connection.dialect
        ) from error
    return None if row is None else int(row[0])
