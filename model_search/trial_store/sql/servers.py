"""Connections to a database server: how each is set up, and which of its errors pass.

A connection that is lost costs nothing but time: transactions run again (`database.Database`). What must not happen is
that one is waited for which never answers (a machine cut off), or that a process which stands still holds others up:
so both sides have limits of time.
"""

from typing import Any

from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

CONNECT_SECONDS = 10
ANSWER_SECONDS = 30
"""A server that is silent for so long is taken for gone."""
IDLE_SECONDS = 60
"""The server closes what a trainer does not use while it trains, so that many trainers share its connections."""
STANDSTILL_SECONDS = 10
"""The server ends the transaction of a process that stands still in the middle: others wait for its locks."""
CROWDED = 0.7
"""Above this share of a server's connections nobody keeps one that is not in use."""
POOL_SIZE = 32
"""Connections of one process at most, opened as its threads need them: one for most trainers."""

_KEEPALIVE = {"keepalives": 1, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}

# Arguments of the driver, by dialect.
ARGUMENTS: dict[str, dict[str, Any]] = {
    "postgresql": {
        "connect_timeout": CONNECT_SECONDS,
        "tcp_user_timeout": 1000 * ANSWER_SECONDS,
        "application_name": "model_search",
        **_KEEPALIVE,
    },
    "mysql": {"connect_timeout": CONNECT_SECONDS, "read_timeout": ANSWER_SECONDS, "write_timeout": ANSWER_SECONDS},
}
ARGUMENTS["mariadb"] = ARGUMENTS["mysql"]

# What each connection says first.
SETTINGS: dict[str, tuple[str, ...]] = {
    "postgresql": (
        f"SET idle_in_transaction_session_timeout = '{STANDSTILL_SECONDS}s'",
        f"SET lock_timeout = '{ANSWER_SECONDS}s'",
    ),
    # Here one limit serves for both: a connection that is idle, in a transaction or not.
    "mysql": (f"SET SESSION wait_timeout = {STANDSTILL_SECONDS}", "SET SESSION innodb_lock_wait_timeout = 20"),
}
SETTINGS["mariadb"] = SETTINGS["mysql"]

_USED_AND_ALLOWED = {
    "postgresql": "SELECT count(*), current_setting('max_connections')::int FROM pg_stat_activity",
    "mysql": (
        "SELECT CAST(VARIABLE_VALUE AS SIGNED), @@max_connections FROM performance_schema.global_status"
        " WHERE VARIABLE_NAME = 'Threads_connected'"
    ),
    "mariadb": (
        "SELECT CAST(VARIABLE_VALUE AS SIGNED), @@max_connections FROM information_schema.GLOBAL_STATUS"
        " WHERE VARIABLE_NAME = 'Threads_connected'"
    ),
}

# What a server says that will be there in a moment.
_RESTARTING = (
    "starting up", "shutting down", "shutdown", "not yet accepting", "recovery mode", "closed the connection",
    "connection reset", "terminating connection", "lost connection", "gone away", "too many c",
    "remaining connection slots", "authentication due to timeout",
)  # fmt: skip
# MySQL's numbers for: access denied, unknown database, host not allowed or blocked, way to log in not known.
_REFUSALS = {1044, 1045, 1049, 1129, 1130, 1251, 1698, 2059}
RESTART_SECONDS = 60.0
REFUSED_SECONDS = 10.0


def single_statements(engine: Engine) -> Engine:
    """An engine for the same server on which each statement is begun and committed by the server itself."""
    if engine.dialect.driver != "pymysql":
        return engine.execution_options(isolation_level="AUTOCOMMIT")
    from .autocommit import AutocommitConnection

    # SQLAlchemy would switch connections of the other engine to and fro, with four more round trips.
    single = server_engine(engine.url, pool_reset_on_return=None)

    @event.listens_for(single, "do_connect")
    def connect(dialect: Any, record: Any, arguments: Any, keywords: dict[str, Any]) -> AutocommitConnection:
        return AutocommitConnection(**keywords)

    return single


def server_engine(url: URL, **options: Any) -> Engine:
    """An engine for a database server; `options` of `create_engine` besides ours."""
    dialect = url.get_backend_name()
    engine = create_engine(
        url,
        # Every write locks its study's or trial's row first, so nothing stronger is needed, and MariaDB's default
        # locks gaps between rows, which makes neighbours wait for each other.
        isolation_level="READ COMMITTED",
        connect_args={name: value for name, value in ARGUMENTS[dialect].items() if name not in url.query},
        pool_size=POOL_SIZE,
        max_overflow=0,
        # The last one used is used first, so that those that are not needed become idle and are closed.
        pool_use_lifo=True,
        **options,
    )

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, record: Any) -> None:
        with connection.cursor() as cursor:
            for setting in SETTINGS[dialect]:
                cursor.execute(setting)
            if dialect == "postgresql" and connection.info.server_version >= 140000:
                cursor.execute(f"SET idle_session_timeout = '{IDLE_SECONDS}s'")
            record.info["is_crowded"] = _is_crowded(cursor, engine.dialect)
        connection.commit()

    @event.listens_for(engine, "checkin")
    def give_back(connection: Any, record: Any) -> None:
        # Where there are more trainers than connections, those that came late take turns. On MariaDB transactions are
        # rare (see `at_once`), and one connection a trainer is enough: that of single statements.
        is_rare = not options and getattr(engine.dialect, "is_mariadb", False)
        if connection is not None and (is_rare or record.info.get("is_crowded")):
            record.invalidate()

    return engine


def _is_crowded(cursor: Any, dialect: Any) -> bool:
    is_mariadb = getattr(dialect, "is_mariadb", False)
    cursor.execute(_USED_AND_ALLOWED["mariadb" if is_mariadb else dialect.name])
    used, allowed = cursor.fetchone()
    return bool(used > CROWDED * allowed)


def is_transient(error: SQLAlchemyError) -> bool:
    """Whether the same transaction may succeed a moment later: a deadlock, a lock or a connection that was lost."""
    if isinstance(error, PoolTimeoutError | OperationalError | InterfaceError):
        return True
    # An idle transaction that the server ended is an internal error to psycopg.
    return isinstance(error, DBAPIError) and (error.connection_invalidated or _sqlstate(error)[:2] in ("40", "25"))


def is_refusal(error: SQLAlchemyError) -> bool:
    """Whether a server that is there does not let this user in, as far as its answer tells."""
    number = getattr(error.orig, "args", (0,))[0] if isinstance(error, DBAPIError) else 0
    text = str(error)
    # PostgreSQL's driver gives no code of an error that came before the connection was there.
    return number in _REFUSALS or ("FATAL:" in text and not any(sign in text.lower() for sign in _RESTARTING))


def first_patience(error: SQLAlchemyError) -> float:
    """Seconds that an error on first contact is worth waiting for, as far as its text tells."""
    text = str(error).lower()
    if "refused" in text:  # between two lives of a server, or the wrong port
        return REFUSED_SECONDS
    return RESTART_SECONDS if any(sign in text for sign in _RESTARTING) else 0.0


def _sqlstate(error: DBAPIError) -> str:
    return getattr(error.orig, "sqlstate", None) or ""
