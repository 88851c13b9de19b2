"""Database rows as records, and records as rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

from meetcore.records import (
    SAMPLE_RATE,
    Meeting,
    MeetingState,
    Mode,
    RejectedText,
    Segment,
    Speaker,
    Stage,
    Turn,
    Word,
)
from meetcore.store.damage import (
    DAMAGE,
    DAMAGED_MEETING,
    items,
    moment,
    number,
    optional_text,
    text,
    whole,
)
from meetcore.store.schema import (
    MeetingRow,
    RejectedRow,
    SegmentRow,
    SpeakerRow,
    StoredTurn,
    StoredWord,
    TurnsRow,
)

Result = TypeVar("Result")

UNREADABLE = "Unreadable title"


class _Columns:
    """Reads the columns of one row, each as its type or as a stand-in where it is damaged."""

    def __init__(self) -> None:
        self.damaged = False

    def get(self, read: Callable[[], Result], instead: Result) -> Result:
        """What `read` gives, else the stand-in."""
        try:
            return read()
        except DAMAGE:
            self.damaged = True
            return instead


def to_meeting(row: MeetingRow) -> Meeting:
    """The meeting a row describes.

    A damaged row gives what is whole of it, FAILED with a sentence, so that its recording can be
    opened and the list shows the others.
    """
    get = _Columns()
    meeting = Meeting(
        id=row.id,
        title=get.get(lambda: text(row.title), UNREADABLE),
        state=get.get(lambda: MeetingState(row.state), MeetingState.FAILED),
        created_at=get.get(lambda: moment(row.created_at), date_of_id(row.id)),
        duration=get.get(lambda: number(row.duration_samples) / SAMPLE_RATE, 0.0),
        mode=get.get(lambda: None if row.mode is None else Mode(row.mode), None),
        detail=get.get(lambda: text(row.detail), ""),
        recognizer=get.get(lambda: text(row.recognizer), ""),
        audio_path=get.get(lambda: optional_text(row.audio_path), None),
        language=get.get(lambda: optional_text(row.language), None),
        progress=get.get(lambda: number(row.progress), 0.0),
        ended_at=get.get(lambda: None if row.ended_at is None else moment(row.ended_at), None),
        source_name=get.get(lambda: optional_text(row.source_name) or "", ""),
    )
    if not get.damaged:
        return meeting
    return replace(meeting, state=MeetingState.FAILED, detail=DAMAGED_MEETING)


def date_of_id(meeting_id: str) -> datetime:
    """When the meeting with this id was made; 1970 where the id does not say it.

    >>> date_of_id("20261122-131502-ab12cd").isoformat()
    '2026-11-22T13:15:02+00:00'
    """
    try:
        return datetime.strptime(meeting_id[:15], "%Y%m%d-%H%M%S").replace(tzinfo=UTC)
    except DAMAGE:
        return datetime.fromtimestamp(0, UTC)


def to_segment(row: SegmentRow) -> Segment:
    """The segment a row describes; raises DamagedRowError."""

    def read() -> Segment:
        machine = None if row.machine is None else to_words(row.machine)
        times = number(row.start), number(row.end)
        return Segment(*times, optional_text(row.speaker), to_words(row.words), machine)

    return whole("transcript", row.meeting_id, read)


def to_words(stored: Iterable[StoredWord]) -> tuple[Word, ...]:
    """Words from a JSON list; ValueError where it is damaged."""
    return tuple(
        Word(text(said), number(start), number(end), number(probability), *map(text, language))
        for said, start, end, probability, *language in items(stored, 4, 5)
    )


def to_turns(row: TurnsRow) -> tuple[Turn, ...]:
    """The turns a row describes; raises DamagedRowError."""
    return _turns(row, row.turns)


def exclusive_turns(row: TurnsRow) -> tuple[Turn, ...]:
    """The turns without overlaps that a row describes; raises DamagedRowError."""
    return _turns(row, row.exclusive)


def _turns(row: TurnsRow, stored: list[StoredTurn] | None) -> tuple[Turn, ...]:
    return whole(
        "list of who spoke when",
        row.meeting_id,
        lambda: tuple(
            Turn(number(start), number(end), text(speaker))
            for start, end, speaker in items(stored, 3)
        ),
    )


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
    return whole(
        "text that was held back",
        row.meeting_id,
        lambda: RejectedText(number(row.start), number(row.end), text(row.text), text(row.reason)),
    )


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
    return whole(
        "list of speakers",
        row.meeting_id,
        lambda: Speaker(
            text(row.label),
            optional_text(row.name),
            None if row.similarity is None else number(row.similarity),
            optional_text(row.profile_id),
        ),
    )
