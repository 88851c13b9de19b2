"""Revision 0003: keys of the requests that made an edit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision: str | None = "0002"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Create the table of request keys."""
    op.create_table(
        "edit_requests",
        sa.Column("meeting_id", sa.String(64), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("meeting_id", "key", name="pk_edit_requests"),
        sa.ForeignKeyConstraint(
            ["meeting_id"],
            ["meetings.id"],
            name="fk_edit_requests_meeting_id",
            ondelete="CASCADE",
        ),
    )


def downgrade() -> None:
    """Drop the table, with its content."""
    op.drop_table("edit_requests")
