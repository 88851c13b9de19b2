"""Revision 0004: turns without overlaps, and what a job has found so far, for jobs that resume."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision: str | None = "0003"
branch_labels: str | None = None
depends_on: str | None = None

SAMPLE_RATE = 16_000


def upgrade() -> None:
    """Add the columns and an index; delete parts of drafts that a resumed job would repeat."""
    op.add_column("turns", sa.Column("exclusive", sa.JSON(), nullable=True))
    op.add_column("jobs", sa.Column("notes", sa.JSON(), nullable=True))
    op.add_column("jobs", sa.Column("failed_samples", sa.BigInteger(), nullable=True))
    op.create_index("ix_jobs_created_at", "jobs", ["created_at"])
    _delete_after_checkpoints()


def _delete_after_checkpoints() -> None:
    """Drafts were written in several transactions: some hold more than their checkpoint says."""
    for name in ("segments", "rejected"):
        table = sa.table(
            name, sa.column("meeting_id"), sa.column("stage"), sa.column("start", sa.Float())
        )
        jobs = sa.table("jobs", sa.column("meeting_id"), sa.column("checkpoint_samples"))
        checkpoint = (
            sa.select(jobs.c.checkpoint_samples)
            .where(jobs.c.meeting_id == table.c.meeting_id)
            .scalar_subquery()
        )
        op.execute(
            sa.delete(table).where(
                table.c.stage == "draft", table.c.start * SAMPLE_RATE >= checkpoint
            )
        )


def downgrade() -> None:
    """Drop the columns and the index."""
    op.drop_index("ix_jobs_created_at", "jobs")
    op.drop_column("jobs", "failed_samples")
    op.drop_column("jobs", "notes")
    op.drop_column("turns", "exclusive")
