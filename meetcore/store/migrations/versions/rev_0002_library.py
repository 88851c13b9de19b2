"""Revision 0002: jobs, turns, undoable edits, enrolled voices, and the full-text index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from meetcore.store.search import index

revision = "0002"
down_revision: str | None = "0001"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Add columns to the first tables, create the new tables, and index the existing segments."""
    _add_columns()
    _create_jobs()
    _create_turns()
    _create_edits()
    _create_profiles()
    index.create(op.get_bind())


def downgrade() -> None:
    """Drop the new tables and columns, with their content."""
    index.drop(op.get_bind())
    for table in ("clips", "profiles", "edits", "turns", "jobs"):
        op.drop_table(table)
    op.drop_column("segments", "machine")
    op.drop_index("ix_speakers_name", "speakers")
    for column in ("profile_id", "similarity"):
        op.drop_column("speakers", column)
    op.drop_index("ix_meetings_serial", "meetings")
    for column in ("serial", "hidden_at", "source_name"):
        op.drop_column("meetings", column)


def _add_columns() -> None:
    op.add_column("meetings", sa.Column("source_name", sa.Text()))
    op.add_column("meetings", sa.Column("hidden_at", sa.DateTime(timezone=True)))
    op.add_column("meetings", sa.Column("serial", sa.Integer()))
    # Number the existing meetings in the order of their creation.
    op.execute(
        "UPDATE meetings SET serial = (SELECT count(*) FROM meetings AS other"
        " WHERE other.created_at < meetings.created_at"
        " OR (other.created_at = meetings.created_at AND other.id <= meetings.id))"
    )
    op.create_index("ix_meetings_serial", "meetings", ["serial"])
    op.add_column("speakers", sa.Column("similarity", sa.Double()))
    op.add_column("speakers", sa.Column("profile_id", sa.String(64)))
    op.create_index("ix_speakers_name", "speakers", ["name"])
    op.add_column("segments", sa.Column("machine", sa.JSON(none_as_null=True)))


def _create_jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("meeting_id", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("stage", sa.String(16), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("progress", sa.Double(), nullable=False),
        sa.Column("overall", sa.Double(), nullable=False),
        sa.Column("remaining_s", sa.Double()),
        sa.Column("checkpoint_samples", sa.BigInteger(), nullable=False),
        sa.Column("source_path", sa.Text()),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("meeting_id", name="pk_jobs"),
        _of_meeting("jobs"),
    )
    op.create_index("ix_jobs_state", "jobs", ["state"])


def _create_turns() -> None:
    op.create_table(
        "turns",
        sa.Column("meeting_id", sa.String(64), nullable=False),
        sa.Column("turns", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("meeting_id", name="pk_turns"),
        _of_meeting("turns"),
    )


def _create_edits() -> None:
    op.create_table(
        "edits",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.String(64), nullable=False),
        sa.Column("stage", sa.String(16), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("change", sa.JSON(), nullable=False),
        sa.Column("undone", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_edits"),
        _of_meeting("edits"),
    )
    op.create_index("ix_edits_meeting_id_stage", "edits", ["meeting_id", "stage"])


def _create_profiles() -> None:
    op.create_table(
        "profiles",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("weight", sa.String(64), nullable=False),
        sa.Column("embedding", sa.LargeBinary(), nullable=False),
        sa.Column("duration", sa.Double(), nullable=False),
        sa.Column("meetings", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_profiles"),
    )
    op.create_table(
        "clips",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("profile_id", sa.String(64), nullable=False),
        sa.Column("meeting_id", sa.String(64), nullable=False),
        sa.Column("start", sa.Double(), nullable=False),
        sa.Column("end", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_clips"),
        _of_meeting("clips"),
        sa.ForeignKeyConstraint(
            ["profile_id"], ["profiles.id"], name="fk_clips_profile_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_clips_profile_id", "clips", ["profile_id"])


def _of_meeting(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["meeting_id"], ["meetings.id"], name=f"fk_{table}_meeting_id", ondelete="CASCADE"
    )
