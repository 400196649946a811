"""Costs of trials, architectures that were refused for theirs, and objectives on a trial's way."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SERVER_OPTIONS: dict[str, Any] = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in (("engine", "InnoDB"), ("charset", "utf8mb4"), ("collate", "utf8mb4_bin"))
}


def upgrade() -> None:
    """Brings the tables from the revision before to this one."""
    op.add_column("search_trials", sa.Column("flops", sa.BigInteger(), nullable=True))
    op.add_column("search_trials", sa.Column("latency_ms", sa.Double(), nullable=True))
    op.add_column("search_measurements", sa.Column("objective", sa.Double(), nullable=True))
    op.create_index("ix_search_measurements_rung", "search_measurements", ["study_id", "step", "number", "attempt"])
    op.create_table(
        "search_refusals",
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("architecture_digest", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["study_id"], ["search_studies.id"], name="fk_search_refusals_study"),
        sa.PrimaryKeyConstraint("study_id", "architecture_digest"),
        **SERVER_OPTIONS,
    )


def downgrade() -> None:
    """Brings the tables back to the revision before."""
    op.drop_table("search_refusals")
    op.drop_index("ix_search_measurements_rung", "search_measurements")
    op.drop_column("search_measurements", "objective")
    op.drop_column("search_trials", "latency_ms")
    op.drop_column("search_trials", "flops")
