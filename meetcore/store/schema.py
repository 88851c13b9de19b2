"""The tables, as typed SQLAlchemy models that work on every database."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

StoredWord = tuple[str, float, float, float] | tuple[str, float, float, float, str]
"""A word in a segment's JSON list: text, start, end, probability, and its language if detected."""
StoredTurn = tuple[float, float, str]
"""A turn in a meeting's JSON list: start, end, speaker."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime in UTC, also on databases that drop the time zone (SQLite does)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The datetime in UTC.

        Raises
        ------
        ValueError
            It has no time zone; pass an aware one.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone; use datetime.now(UTC).")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The datetime, with its time zone again."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Base of all tables; constraints have fixed names, so that migrations can refer to them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class MeetingRow(Base):
    """One meeting."""

    __tablename__ = "meetings"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    duration_samples: Mapped[int] = mapped_column(BigInteger)
    mode: Mapped[str | None] = mapped_column(String(32))
    detail: Mapped[str] = mapped_column(Text)
    recognizer: Mapped[str] = mapped_column(Text)
    audio_path: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str | None] = mapped_column(String(16))
    progress: Mapped[float] = mapped_column(Double)
    transcript_stage: Mapped[str] = mapped_column(String(16))
    """The stage of the transcript in force: provisional or final (a final one may be empty)."""
    source_name: Mapped[str | None] = mapped_column(Text)
    hidden_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When a user deleted it; hidden from all lists, and removed later."""
    serial: Mapped[int] = mapped_column(Integer, index=True, nullable=True)
    """1, 2, 3… in order of creation; part of the row ids of the search index."""


class SpeakerRow(Base):
    """One speaker of a meeting: label, and name where there is one."""

    __tablename__ = "speakers"

    meeting_id: Mapped[str] = mapped_column(
        ForeignKey("meetings.id", ondelete="CASCADE"), primary_key=True
    )
    label: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str | None] = mapped_column(Text, index=True)
    position: Mapped[int] = mapped_column(Integer)
    similarity: Mapped[float | None] = mapped_column(Double)
    """Cosine similarity to the enrolled voice that gave the name; None for a typed name."""
    profile_id: Mapped[str | None] = mapped_column(String(64))


class SegmentRow(Base):
    """One segment of a stage's transcript, at a position counted from 0."""

    __tablename__ = "segments"

    meeting_id: Mapped[str] = mapped_column(
        ForeignKey("meetings.id", ondelete="CASCADE"), primary_key=True
    )
    stage: Mapped[str] = mapped_column(String(16), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    start: Mapped[float] = mapped_column(Double)
    end: Mapped[float] = mapped_column(Double)
    speaker: Mapped[str | None] = mapped_column(String(64))
    words: Mapped[list[StoredWord]] = mapped_column(JSON)
    text: Mapped[str] = mapped_column(Text)
    """The words as one line; used by the search only."""
    machine: Mapped[list[StoredWord] | None] = mapped_column(JSON(none_as_null=True))
    """The recognizer's words, where a user corrected them; else None."""


class RejectedRow(Base):
    """Text that the hallucination gate rejected."""

    __tablename__ = "rejected"
    __table_args__ = (Index("ix_rejected_meeting_id_stage", "meeting_id", "stage"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meetings.id", ondelete="CASCADE"))
    stage: Mapped[str] = mapped_column(String(16))
    start: Mapped[float] = mapped_column(Double)
    end: Mapped[float] = mapped_column(Double)
    text: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)


class JobRow(Base):
    """The latest second pass or upload of a meeting; see meetcore.records.Job."""

    __tablename__ = "jobs"

    meeting_id: Mapped[str] = mapped_column(
        ForeignKey("meetings.id", ondelete="CASCADE"), primary_key=True
    )
    state: Mapped[str] = mapped_column(String(16), index=True)
    stage: Mapped[str] = mapped_column(String(16))
    options: Mapped[dict[str, Any]] = mapped_column(JSON)
    progress: Mapped[float] = mapped_column(Double)
    overall: Mapped[float] = mapped_column(Double)
    remaining_s: Mapped[float | None] = mapped_column(Double)
    checkpoint_samples: Mapped[int] = mapped_column(BigInteger)
    source_path: Mapped[str | None] = mapped_column(Text)
    detail: Mapped[str] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(Integer)
    notes: Mapped[dict[str, list[str]] | None] = mapped_column(JSON(none_as_null=True))
    """By stage: what the finished stages could not do, in sentences."""
    failed_samples: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class TurnsRow(Base):
    """A meeting's speaker turns."""

    __tablename__ = "turns"

    meeting_id: Mapped[str] = mapped_column(
        ForeignKey("meetings.id", ondelete="CASCADE"), primary_key=True
    )
    turns: Mapped[list[StoredTurn]] = mapped_column(JSON)
    """Overlaps included."""
    exclusive: Mapped[list[StoredTurn] | None] = mapped_column(JSON(none_as_null=True))
    """Without overlaps: the strongest speaker at each time; words are given to these. None in
    meetings of older versions."""


class EditRow(Base):
    """One edit by a user that can be undone."""

    __tablename__ = "edits"
    __table_args__ = (Index("ix_edits_meeting_id_stage", "meeting_id", "stage"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meetings.id", ondelete="CASCADE"))
    stage: Mapped[str] = mapped_column(String(16))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    description: Mapped[str] = mapped_column(Text)
    change: Mapped[dict[str, Any]] = mapped_column(JSON)
    """What differs before and after; see meetcore.store.edits.changes."""
    undone: Mapped[bool] = mapped_column(Boolean)


class EditRequestRow(Base):
    """The key of a request that made an edit, so that a repeated one makes no second."""

    __tablename__ = "edit_requests"

    meeting_id: Mapped[str] = mapped_column(
        ForeignKey("meetings.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    result: Mapped[str] = mapped_column(Text)
    """What the edit returned (a speaker's label, a description), "" where it returned nothing."""
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ProfileRow(Base):
    """An enrolled voice profile."""

    __tablename__ = "profiles"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    weight: Mapped[str] = mapped_column(String(64))
    embedding: Mapped[bytes] = mapped_column(LargeBinary)
    """Shape (n_dimensions,), little-endian float32."""
    duration: Mapped[float] = mapped_column(Double)
    meetings: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ClipRow(Base):
    """A stretch of a recording with an enrolled voice; deleted with its meeting."""

    __tablename__ = "clips"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    profile_id: Mapped[str] = mapped_column(
        ForeignKey("profiles.id", ondelete="CASCADE"), index=True
    )
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meetings.id", ondelete="CASCADE"))
    start: Mapped[float] = mapped_column(Double)
    end: Mapped[float] = mapped_column(Double)
