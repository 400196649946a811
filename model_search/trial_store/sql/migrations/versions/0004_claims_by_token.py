"""Claims are found by their token."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Brings the tables from the revision before to this one."""
    op.create_index("ix_search_trials_token", "search_trials", ["study_id", "token"])


def downgrade() -> None:
    """Brings the tables back to the revision before."""
    op.drop_index("ix_search_trials_token", "search_trials")
