"""The first tables."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

LONG_TEXT = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")
SERVER_OPTIONS: dict[str, Any] = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in (("engine", "InnoDB"), ("charset", "utf8mb4"), ("collate", "utf8mb4_bin"))
}


def upgrade() -> None:
    """Brings the tables from the revision before to this one."""
    op.create_table(
        "search_studies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("identity", sa.String(length=64), nullable=False),
        sa.Column("owner", LONG_TEXT, nullable=False),
        sa.Column("name", LONG_TEXT, nullable=False),
        sa.Column("spec", LONG_TEXT, nullable=False),
        sa.Column("data", LONG_TEXT, nullable=False),
        sa.Column("metric", LONG_TEXT, nullable=False),
        sa.Column("goal", sa.String(length=16), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("settings", LONG_TEXT, nullable=False),
        sa.Column("max_trials", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("running", sa.Integer(), nullable=False),
        sa.Column("completed", sa.Integer(), nullable=False),
        sa.Column("stopped", sa.Integer(), nullable=False),
        sa.Column("infeasible", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "waiting >= 0 AND running >= 0 AND completed >= 0 AND stopped >= 0 AND infeasible >= 0",
            name="ck_search_studies_counts",
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("identity", name="uq_search_studies_identity"),
        **SERVER_OPTIONS,
    )
    op.create_table(
        "search_trials",
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("trainer", LONG_TEXT, nullable=False),
        sa.Column("error", LONG_TEXT, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("lease_expires", sa.Double(), nullable=True),
        sa.Column("fingerprint", sa.String(length=32), nullable=True),
        sa.Column("architecture_digest", sa.String(length=32), nullable=True),
        sa.Column("kind", sa.String(length=32), nullable=True),
        sa.Column("origin", LONG_TEXT, nullable=True),
        sa.Column("architecture", LONG_TEXT, nullable=True),
        sa.Column("hyperparameters", LONG_TEXT, nullable=True),
        sa.Column("parents", LONG_TEXT, nullable=True),
        sa.Column("objective", sa.Double(), nullable=True),
        sa.Column("cost", sa.Double(), nullable=True),
        sa.Column("loss", sa.Double(), nullable=True),
        sa.Column("metrics", LONG_TEXT, nullable=True),
        sa.Column("parameters", sa.BigInteger(), nullable=True),
        sa.Column("seconds", sa.Double(), nullable=True),
        sa.Column("model", LONG_TEXT, nullable=True),
        sa.CheckConstraint(
            "(state = 'RUNNING' AND lease_expires IS NOT NULL AND token <> '' AND attempt >= 1)"
            " OR (state <> 'RUNNING' AND lease_expires IS NULL)",
            name="ck_search_trials_lease",
        ),
        sa.CheckConstraint("state <> 'INFEASIBLE' OR error <> ''", name="ck_search_trials_reason"),
        sa.CheckConstraint(
            "state IN ('WAITING', 'RUNNING', 'COMPLETED', 'STOPPED', 'INFEASIBLE')", name="ck_search_trials_state"
        ),
        sa.CheckConstraint(
            "state NOT IN ('COMPLETED', 'STOPPED')"
            " OR (objective IS NOT NULL AND cost IS NOT NULL AND loss IS NOT NULL AND metrics IS NOT NULL"
            " AND parameters IS NOT NULL AND seconds IS NOT NULL AND model IS NOT NULL)",
            name="ck_search_trials_result",
        ),
        sa.CheckConstraint("number >= 1 AND attempt >= 0", name="ck_search_trials_number"),
        sa.ForeignKeyConstraint(["study_id"], ["search_studies.id"], name="fk_search_trials_study"),
        sa.PrimaryKeyConstraint("study_id", "number"),
        sa.UniqueConstraint("study_id", "fingerprint", name="uq_search_trials_fingerprint"),
        **SERVER_OPTIONS,
    )
    op.create_index("ix_search_trials_architecture", "search_trials", ["study_id", "architecture_digest", "state"])
    op.create_index("ix_search_trials_number", "search_trials", ["study_id", "state", "number"])
    op.create_index("ix_search_trials_rank", "search_trials", ["study_id", "state", "cost", "loss", "number"])
    op.create_index("ix_search_trials_revision", "search_trials", ["study_id", "state", "revision"])

    op.create_table(
        "search_measurements",
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("attempt", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("step", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("metrics", LONG_TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["study_id", "number"],
            ["search_trials.study_id", "search_trials.number"],
            name="fk_search_measurements_trial",
        ),
        sa.PrimaryKeyConstraint("study_id", "number", "attempt", "step"),
        **SERVER_OPTIONS,
    )


def downgrade() -> None:
    """Brings the tables back to the revision before."""
    op.drop_table("search_measurements")
    op.drop_table("search_trials")
    op.drop_table("search_studies")
