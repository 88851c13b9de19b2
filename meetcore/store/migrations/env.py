"""Alembic's entry script; runs the migrations on the connection of `meetcore.store.migrate`."""

from __future__ import annotations

from alembic import context

from meetcore.store.schema import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    # SQLite changes a column only by copying the table.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
