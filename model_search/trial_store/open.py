"""From a URL to a trial store."""

from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from .contract import StoreError, TrialStore
from .sql.store import SqlTrialStore

KNOWN = "sqlite:///search.db, postgresql+psycopg://user@host/database or mysql+pymysql://user@host/database"

# By the name before the colon or plus: what to write, and what to install.
SERVERS = {
    "postgresql": ("postgresql+psycopg", 'pip install "psycopg[binary]"'),
    "postgres": ("postgresql+psycopg", 'pip install "psycopg[binary]"'),
    "mysql": ("mysql+pymysql", "pip install PyMySQL"),
    "mariadb": ("mariadb+pymysql", "pip install PyMySQL"),
}


def open_store(url: str) -> TrialStore:
    """Opens a trial database, and builds its tables where it is empty.

    Args:
      url: SQLAlchemy's: `sqlite:///relative.db`, `sqlite:////absolute.db`, `postgresql+psycopg://user:password@host/name`,
        `mysql+pymysql://user:password@host/name`.

    Raises:
      StoreError: the URL is wrong, a driver is missing, or the database cannot be used. Messages have no passwords.
    """
    parsed = _parsed(url)
    backend = parsed.get_backend_name()
    if backend == "grpc":
        raise StoreError(f"trial store grpc://…: this version has no client for the trial service; write {KNOWN}")
    if backend == "sqlite":
        _check_file(parsed)
    elif backend not in SERVERS:
        raise StoreError(f"trial store {backend}://…: unknown kind of database; write {KNOWN}")
    try:
        return SqlTrialStore(parsed)
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        if backend == "sqlite":
            raise StoreError(f"trial store {parsed.drivername}://…: unknown driver; write sqlite:///…") from error
        scheme, command = SERVERS[backend]
        raise StoreError(
            f"trial store {parsed.drivername}://…: its driver is not installed; write {scheme}://… and run: {command}"
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
