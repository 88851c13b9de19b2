"""Revision 0001: the tables of meetings, speakers, segments, and rejected text."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Create the tables."""
    _create_meetings()
    _create_speakers()
    _create_segments()
    _create_rejected()


def downgrade() -> None:
    """Drop the tables, with all meetings."""
    for table in ("rejected", "segments", "speakers", "meetings"):
        op.drop_table(table)


def _create_meetings() -> None:
    op.create_table(
        "meetings",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("duration_samples", sa.BigInteger(), nullable=False),
        sa.Column("mode", sa.String(32)),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("recognizer", sa.Text(), nullable=False),
        sa.Column("audio_path", sa.Text()),
        sa.Column("language", sa.String(16)),
        sa.Column("progress", sa.Double(), nullable=False),
        sa.Column("transcript_stage", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_meetings"),
    )
    op.create_index("ix_meetings_state", "meetings", ["state"])
    op.create_index("ix_meetings_created_at", "meetings", ["created_at"])


def _create_speakers() -> None:
    op.create_table(
        "speakers",
        sa.Column("meeting_id", sa.String(64), nullable=False),
        sa.Column("label", sa.String(64), nullable=False),
        sa.Column("name", sa.Text()),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("meeting_id", "label", name="pk_speakers"),
        _of_meeting("speakers"),
    )


def _create_segments() -> None:
    op.create_table(
        "segments",
        sa.Column("meeting_id", sa.String(64), nullable=False),
        sa.Column("stage", sa.String(16), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("start", sa.Double(), nullable=False),
        sa.Column("end", sa.Double(), nullable=False),
        sa.Column("speaker", sa.String(64)),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("meeting_id", "stage", "position", name="pk_segments"),
        _of_meeting("segments"),
    )


def _create_rejected() -> None:
    op.create_table(
        "rejected",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.String(64), nullable=False),
        sa.Column("stage", sa.String(16), nullable=False),
        sa.Column("start", sa.Double(), nullable=False),
        sa.Column("end", sa.Double(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_rejected"),
        _of_meeting("rejected"),
    )
    op.create_index("ix_rejected_meeting_id_stage", "rejected", ["meeting_id", "stage"])


def _of_meeting(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["meeting_id"], ["meetings.id"], name=f"fk_{table}_meeting_id", ondelete="CASCADE"
    )
