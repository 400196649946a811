"""Looks after the tables of a trial database: `model_search db upgrade` and `model_search db status`.

upgrade brings an empty or older database to what this version needs; status says what it has. Back up first.
"""

from absl import flags

from ...errors import UsageError
from ...trial_store.sql import migrate
from ...trial_store.sql.open import open_database
from ..flags import FLAGS

ACTIONS = ("upgrade", "status")


def define_flags() -> None:
    """Flags of `db`."""
    flags.DEFINE_string("trial_store", "", "SQLAlchemy URL of the trial database. Required.")


def main(arguments: list[str]) -> int:
    """Does what its one argument says; 1 from `status` where the database is not what this version needs."""
    if len(arguments) != 1 or arguments[0] not in ACTIONS:
        raise UsageError(f"db takes one of {', '.join(ACTIONS)}, not {' '.join(arguments) or 'nothing'!r}")
    if not FLAGS.trial_store:
        raise UsageError("--trial_store is missing: the URL of the database, such as sqlite:///search.db")
    database = open_database(FLAGS.trial_store)
    try:
        if arguments[0] == "upgrade":
            before = migrate.upgrade_database(database)
            after = migrate.head()
            change = f"was upgraded from {before}" if before and before != after else "is as it was"
            print(f"{database.name}: schema revision {after}, {change if before else 'created'}")
            return 0
        found, wanted = migrate.current_revision(database), migrate.head()
        print(f"{database.name}: schema revision {found or 'none (no tables)'}, this version needs {wanted}")
        return 0 if found == wanted else 1
    finally:
        database.close()
