"""Database rows as records, and records as rows."""

from __future__ import annotations

from collections.abc import Iterable

from meetcore.records import (
    SAMPLE_RATE,
    Meeting,
    MeetingState,
    Mode,
    RejectedText,
    Segment,
    Speaker,
    Stage,
    Word,
)
from meetcore.store.schema import MeetingRow, RejectedRow, SegmentRow, SpeakerRow, StoredWord


def to_meeting(row: MeetingRow) -> Meeting:
    """The meeting a row describes."""
    return Meeting(
        id=row.id,
        title=row.title,
        state=MeetingState(row.state),
        created_at=row.created_at,
        duration=row.duration_samples / SAMPLE_RATE,
        mode=None if row.mode is None else Mode(row.mode),
        detail=row.detail,
        recognizer=row.recognizer,
        audio_path=row.audio_path,
        language=row.language,
        progress=row.progress,
        ended_at=row.ended_at,
        source_name=row.source_name or "",
    )


def to_segment(row: SegmentRow) -> Segment:
    """The segment a row describes."""
    machine = None if row.machine is None else to_words(row.machine)
    return Segment(row.start, row.end, row.speaker, to_words(row.words), machine)


def to_words(stored: Iterable[StoredWord]) -> tuple[Word, ...]:
    """Words from a JSON list."""
    return tuple(Word(*word) for word in stored)


def stored_words(words: Iterable[Word]) -> list[StoredWord]:
    """Words as a JSON list; numpy floats, which JSON cannot hold, become floats."""
    return [_stored(word) for word in words]


def _stored(word: Word) -> StoredWord:
    numbers = float(word.start), float(word.end), float(word.probability)
    if word.language is None:
        return (word.text, *numbers)
    return (word.text, *numbers, word.language)


def segment_row(meeting_id: str, stage: Stage, position: int, segment: Segment) -> SegmentRow:
    """The row of a segment; numpy floats, which SQLite would store as bytes, become floats."""
    return SegmentRow(
        meeting_id=meeting_id,
        stage=stage.value,
        position=position,
        start=float(segment.start),
        end=float(segment.end),
        speaker=segment.speaker,
        words=stored_words(segment.words),
        text=segment.text,
        machine=None if segment.machine is None else stored_words(segment.machine),
    )


def to_rejected(row: RejectedRow) -> RejectedText:
    """The rejected text a row describes."""
    return RejectedText(row.start, row.end, row.text, row.reason)


def rejected_row(meeting_id: str, stage: Stage, rejected: RejectedText) -> RejectedRow:
    """The row of a rejected text."""
    return RejectedRow(
        meeting_id=meeting_id,
        stage=stage.value,
        start=float(rejected.start),
        end=float(rejected.end),
        text=rejected.text,
        reason=rejected.reason,
    )


def to_speaker(row: SpeakerRow) -> Speaker:
    """The speaker a row describes."""
    return Speaker(row.label, row.name, row.similarity, row.profile_id)
