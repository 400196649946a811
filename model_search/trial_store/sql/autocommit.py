"""Connections of PyMySQL on which each statement stands alone."""

from pymysql.connections import Connection


class AutocommitConnection(Connection):
    """Never has a transaction open between two statements, so COMMIT and ROLLBACK, a round trip each, are not sent."""

    def __init__(self, **arguments: object):
        super().__init__(**arguments, autocommit=True)

    def autocommit(self, value: bool) -> None:
        """On, whatever is asked for: SQLAlchemy turns it off where it sets a level of isolation."""
        super().autocommit(True)

    def commit(self) -> None:
        """Nothing."""

    def rollback(self) -> None:
        """Nothing."""
