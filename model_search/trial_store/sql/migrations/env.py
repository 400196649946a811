"""Runs migrations on the connection that `migrate` opened and locked; Alembic loads this file."""

from alembic import context

from model_search.trial_store.sql.tables import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    compare_type=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
