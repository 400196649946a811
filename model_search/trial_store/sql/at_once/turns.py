"""Statements that PostgreSQL runs one after the other for all trainers of a study.

Many that wait for the study's row wake each other up, and each that gets it looks for the row's newest version and asks
its conditions anew. Behind an advisory lock they wait in line, and a statement that begins once it has its turn sees
what all before it did. Nor does the next one wait until the disk has the change: the turn ends before that, and a
second transaction, which nobody waits for, ends when all before it is on the disk; only then is the trainer answered.
All goes to the server in one packet, and is done without hearing from the client again: one that stands still holds
nobody up.
"""

import hashlib
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ClauseElement, Connection, Dialect
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import NullType, TypeEngine

LOCKS = 0x5EA2C4
"""First key of our advisory locks; the second is the study's."""

SCRIPT = f"""
BEGIN; SET LOCAL synchronous_commit = off; SELECT pg_advisory_xact_lock({LOCKS}, %(of)s);
{{statement}};
COMMIT; SELECT pg_logical_emit_message(true, 'model_search', '')"""
BEFORE = 3
"""Statements of the script before the one whose answer counts."""


class Answer(NamedTuple):
    """What a statement gave.

    Attributes:
      changed: rows that it wrote or gave.
      row: the first one given; None where there is none.
    """

    changed: int
    row: tuple[Any, ...] | None


def in_turn(connection: Connection, statement: ClauseElement, values: dict[str, Any]) -> Answer:
    """Runs a statement of the study `values["of"]`.

    Args:
      connection: of psycopg, on which each statement stands alone.
      statement: what to run.
      values: its parameters.

    Raises:
      DBAPIError: as of any statement.
    """
    import psycopg

    known = _prepared(statement)
    script = SCRIPT.format(statement=f"EXECUTE {known.name}({known.arguments})")
    prepared = connection.info.setdefault("model_search_prepared", set())
    driver = connection.connection.driver_connection
    assert driver is not None
    try:
        with psycopg.ClientCursor(driver) as cursor:
            if known.name in prepared:
                try:
                    return _run(cursor, script, known.constants | values)
                except psycopg.errors.InvalidSqlStatementName:
                    # The driver let all go, as it does where a transaction was undone.
                    driver.rollback()
            cursor.execute(known.preparation)
            prepared.add(known.name)
            return _run(cursor, script, known.constants | values)
    except psycopg.Error as error:
        is_lost = bool(driver.closed)
        if is_lost:
            connection.invalidate(error)
        raise DBAPIError.instance(
            script, None, error, psycopg.Error, connection_invalidated=is_lost, dialect=connection.dialect
        ) from error


def _run(cursor: Any, script: str, values: dict[str, Any]) -> Answer:
    cursor.execute(script, values)
    for _ in range(BEFORE):
        cursor.nextset()
    return Answer(cursor.rowcount, cursor.fetchone() if cursor.description else None)


class _Prepared(NamedTuple):
    """A statement as the server keeps it.

    Attributes:
      name: by which it is run.
      preparation: what is said once to each connection.
      arguments: placeholders of its parameters in the server's order.
      constants: those that are always the same.
    """

    name: str
    preparation: str
    arguments: str
    constants: dict[str, Any]


@cache
def _prepared(statement: ClauseElement) -> _Prepared:
    dialect = PGDialect_psycopg(paramstyle="numeric_dollar")
    compiled = statement.compile(dialect=dialect)
    assert isinstance(compiled, SQLCompiler)
    text, binds = str(compiled), compiled.binds
    name = f"model_search_{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    order = list(dict.fromkeys(compiled.positiontup or ()))
    types = ", ".join(_type_name(binds[key].type, dialect) for key in order)
    constants = {key: binds[key].value for key in order if not binds[key].required}
    arguments = ", ".join(f"%({key})s" for key in order)
    return _Prepared(name, f"PREPARE {name} ({types}) AS {text}", arguments, constants)


def _type_name(of: TypeEngine[Any], dialect: Dialect) -> str:
    return "unknown" if isinstance(of, NullType) else of.compile(dialect)
