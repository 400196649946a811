"""From a URL to a trial store."""

from .contract import TrialStore


def open_store(url: str) -> TrialStore:
    """Opens a trial database, and builds its tables where it is empty.

    Args:
      url: SQLAlchemy's (`sqlite:///relative.db`, `sqlite:////absolute.db`, `postgresql+psycopg://user@host/name`,
        `mysql+pymysql://user@host/name`), with the password in it or in the environment variable
        `MODEL_SEARCH_STORE_PASSWORD`; or of a service, `grpc://host:port` or `grpcs://host:port?ca=FILE`.

    Raises:
      StoreError: the URL is wrong, a driver is missing, or the database cannot be used. Messages have no passwords.
    """
    # Imported when needed: a client of a service needs no SQLAlchemy, whose import takes longer than all else.
    if url.startswith(("grpc:", "grpcs:")):
        from .remote.client import GrpcTrialStore

        return GrpcTrialStore(url)
    from .sql.open import open_sql_store

    return open_sql_store(url)
