"""Run by Alembic for each upgrade, on the connection that `meetcore.store.migrate` hands over."""

from __future__ import annotations

from alembic import context

from meetcore.store.schema import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    # SQLite alters a table by copying it.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
