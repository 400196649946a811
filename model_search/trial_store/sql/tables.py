"""The tables. Migrations build them; a test compares the two.

Portable to SQLite, PostgreSQL and MariaDB: no JSON types, sized strings wherever an index or constraint is, names
under 63 characters with a prefix, because several programs may share a server's database.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects import mysql

from ...study import TrialState

VERSION_TABLE = "search_schema_version"

# What MySQL calls TEXT ends at 64 kB, which a spec with many suggestions passes. Others have no limit.
LongText = Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")

# Names are compared by code point: the usual collations of MySQL take "a" for "A". InnoDB: it has transactions.
SERVER_OPTIONS: dict[str, Any] = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in (("engine", "InnoDB"), ("charset", "utf8mb4"), ("collate", "utf8mb4_bin"))
}

STATES = ", ".join(f"'{state.value}'" for state in TrialState)

metadata = MetaData()

studies = Table(
    "search_studies",
    metadata,
    Column("id", Integer, primary_key=True),
    # Digest of owner and name, which may be of any length and in any script.
    Column("identity", String(64), nullable=False),
    Column("owner", LongText, nullable=False),
    Column("name", LongText, nullable=False),
    Column("spec", LongText, nullable=False),
    Column("data", LongText, nullable=False),
    Column("metric", LongText, nullable=False),
    Column("goal", String(16), nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("settings", LongText, nullable=False),
    Column("max_trials", Integer, nullable=False),
    # Grows with every change of a trial.
    Column("revision", BigInteger, nullable=False, default=0),
    # Trials in each state, kept in the transaction that moves a trial; their sum is the highest number.
    *(Column(state.value.lower(), Integer, nullable=False, default=0) for state in TrialState),
    UniqueConstraint("identity", name="uq_search_studies_identity"),
    CheckConstraint(
        " AND ".join(f"{state.value.lower()} >= 0" for state in TrialState), name="ck_search_studies_counts"
    ),
    **SERVER_OPTIONS,
)

trials = Table(
    "search_trials",
    metadata,
    Column("study_id", Integer, ForeignKey(studies.c.id, name="fk_search_trials_study"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("state", String(16), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("trainer", LongText, nullable=False),
    Column("error", LongText, nullable=False),
    Column("revision", BigInteger, nullable=False),
    # The right of one attempt to write. Empty once it was taken back.
    Column("token", String(32), nullable=False),
    # Seconds since 1970 by the database's clock; only of running trials.
    Column("lease_expires", Double),
    # Suggestion
    Column("fingerprint", String(32)),
    Column("architecture_digest", String(32)),
    Column("kind", String(32)),
    Column("origin", LongText),
    Column("architecture", LongText),
    Column("hyperparameters", LongText),
    Column("parents", LongText),
    Column("members", LongText),
    Column("teacher", Integer),
    # Result. Cost is the objective as something to minimize, so that one index ranks either way.
    Column("objective", Double),
    Column("cost", Double),
    Column("loss", Double),
    Column("metrics", LongText),
    Column("parameters", BigInteger),
    Column("seconds", Double),
    Column("model", LongText),
    Column("flops", BigInteger),
    Column("latency_ms", Double),
    UniqueConstraint("study_id", "fingerprint", name="uq_search_trials_fingerprint"),
    CheckConstraint(f"state IN ({STATES})", name="ck_search_trials_state"),
    CheckConstraint("number >= 1 AND attempt >= 0", name="ck_search_trials_number"),
    CheckConstraint(
        "(state = 'RUNNING' AND lease_expires IS NOT NULL AND token <> '' AND attempt >= 1)"
        " OR (state <> 'RUNNING' AND lease_expires IS NULL)",
        name="ck_search_trials_lease",
    ),
    CheckConstraint(
        "state NOT IN ('COMPLETED', 'STOPPED')"
        " OR (objective IS NOT NULL AND cost IS NOT NULL AND loss IS NOT NULL AND metrics IS NOT NULL"
        " AND parameters IS NOT NULL AND seconds IS NOT NULL AND model IS NOT NULL)",
        name="ck_search_trials_result",
    ),
    CheckConstraint("state <> 'INFEASIBLE' OR error <> ''", name="ck_search_trials_reason"),
    # The best, of all kinds and of one; what waits and what runs, by number; what is new.
    Index("ix_search_trials_rank", "study_id", "state", "cost", "loss", "number"),
    Index("ix_search_trials_kind_rank", "study_id", "state", "kind", "cost", "loss", "number"),
    Index("ix_search_trials_number", "study_id", "state", "number"),
    Index("ix_search_trials_revision", "study_id", "state", "revision"),
    Index("ix_search_trials_architecture", "study_id", "architecture_digest", "state"),
    # A claim that is asked for again.
    Index("ix_search_trials_token", "study_id", "token"),
    **SERVER_OPTIONS,
)

measurements = Table(
    "search_measurements",
    metadata,
    Column("study_id", Integer, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("attempt", Integer, primary_key=True, autoincrement=False),
    Column("step", BigInteger, primary_key=True, autoincrement=False),
    Column("metrics", LongText, nullable=False),
    # Where the trial was evaluated on its way.
    Column("objective", Double),
    ForeignKeyConstraint(
        ["study_id", "number"], [trials.c.study_id, trials.c.number], name="fk_search_measurements_trial"
    ),
    Index("ix_search_measurements_rung", "study_id", "step", "number", "attempt"),
    **SERVER_OPTIONS,
)

# Architectures that cost more than the study allows: no trial of theirs is left.
refusals = Table(
    "search_refusals",
    metadata,
    Column("study_id", Integer, ForeignKey(studies.c.id, name="fk_search_refusals_study"), primary_key=True),
    Column("architecture_digest", String(32), primary_key=True),
    **SERVER_OPTIONS,
)
