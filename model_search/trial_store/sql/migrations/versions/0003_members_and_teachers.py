"""Members and teachers of trials, and the best trials of a kind."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

LONG_TEXT = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")


def upgrade() -> None:
    """Brings the tables from the revision before to this one."""
    op.add_column("search_trials", sa.Column("members", LONG_TEXT, nullable=True))
    op.add_column("search_trials", sa.Column("teacher", sa.Integer(), nullable=True))
    op.create_index(
        "ix_search_trials_kind_rank", "search_trials", ["study_id", "state", "kind", "cost", "loss", "number"]
    )


def downgrade() -> None:
    """Brings the tables back to the revision before."""
    op.drop_index("ix_search_trials_kind_rank", "search_trials")
    op.drop_column("search_trials", "teacher")
    op.drop_column("search_trials", "members")
