"""From SQLAlchemy's URL to a trial store."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from ..contract import StoreError
from .database import Database
from .store import SqlTrialStore

T = TypeVar("T")

KNOWN = "sqlite:///search.db, postgresql+psycopg://user@host/database, mysql+pymysql://user@host/database or grpc://host:port"
PASSWORD = "MODEL_SEARCH_STORE_PASSWORD"

# By the name before the colon or plus: what to write, and what to install.
SERVERS = {
    "postgresql": ("postgresql+psycopg", "pip install 'model-search[postgres]'"),
    "postgres": ("postgresql+psycopg", "pip install 'model-search[postgres]'"),
    "mysql": ("mysql+pymysql", "pip install 'model-search[mysql]'"),
    "mariadb": ("mariadb+pymysql", "pip install 'model-search[mysql]'"),
}


def open_sql_store(url: str) -> SqlTrialStore:
    """Opens a database, and builds its tables where it is empty; see `open.open_store`."""
    return _with_driver(database_url(url), SqlTrialStore)


def open_database(url: str) -> Database:
    """The connections to a database, whatever its tables are; the same errors."""
    return _with_driver(database_url(url), Database)


def database_url(url: str) -> URL:
    """Reads and checks a URL; takes the password from the environment where it has none.

    Raises:
      StoreError: it is none of a database that is known. The message has no password.
    """
    parsed = _parsed(url)
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        _check_file(parsed)
        return parsed
    if backend not in SERVERS:
        raise StoreError(f"trial store {backend}://…: unknown kind of database; write {KNOWN}")
    password = os.environ.get(PASSWORD)
    return parsed.set(password=password) if password and parsed.password is None else parsed


def _with_driver(url: URL, opened: Callable[[URL], T]) -> T:
    backend = url.get_backend_name()
    try:
        return opened(url)
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        if backend == "sqlite":
            raise StoreError(f"trial store {url.drivername}://…: unknown driver; write sqlite:///…") from error
        scheme, command = SERVERS[backend]
        raise StoreError(
            f"trial store {url.drivername}://…: its driver is not installed; write {scheme}://… and run: {command}"
        ) from error


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        scheme, separator, _ = url.partition("://")
        shown = f"{scheme}://…" if separator else "URL"
        raise StoreError(f"trial store {shown}: not a database URL; write {KNOWN}") from None


def _check_file(url: URL) -> None:
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise StoreError(f"trial store {url}: trainers share a file, not memory; write sqlite:///search.db")
    path = Path(url.database)
    if path.is_dir():
        raise StoreError(f"trial store {url}: {path} is a folder; name a file in it, such as {url}/search.db")
    if not path.parent.is_dir():
        raise StoreError(f"trial store {url}: the folder {path.parent} does not exist; create it first")
