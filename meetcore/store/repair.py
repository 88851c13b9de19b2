"""`Repair`: finds damaged rows, and mends them with what is whole around them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from meetcore.store.damage import (
    DAMAGED_MEETING,
    DamagedRowError,
    number,
    optional_text,
    readable,
    text,
    whole,
)
from meetcore.store.database import Database
from meetcore.store.jobs import to_job
from meetcore.store.queries import meeting_row
from meetcore.store.rows import (
    to_meeting,
    to_rejected,
    to_segment,
    to_speaker,
    to_turns,
)
from meetcore.store.schema import (
    JobRow,
    MeetingRow,
    RejectedRow,
    SegmentRow,
    SpeakerRow,
    StoredWord,
    TurnsRow,
)
from meetcore.store.search import index

Row = TypeVar("Row", SegmentRow, SpeakerRow, RejectedRow)


class Repair:
    """Checks and mends one database; every method is one transaction.

    Raises
    ------
    StoreError
        From every method: the file itself is damaged, or the database refused.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def meeting_ids(self) -> list[str]:
        """All meetings, hidden ones included, the oldest first."""
        with self._database.reading() as session:
            return list(session.scalars(select(MeetingRow.id).order_by(MeetingRow.serial)))

    def damaged_parts(self, meeting_id: str) -> list[str]:
        """What of a meeting cannot be read, in words; all stages of its transcript are tried."""
        found: dict[str, None] = {}
        with self._database.reading() as session:
            if to_meeting(meeting_row(session, meeting_id)).detail == DAMAGED_MEETING:
                found["entry"] = None
            for what, read in _reads(session, meeting_id):
                try:
                    read()
                except DamagedRowError:
                    found[what] = None
        return list(found)

    def mend(self, meeting_id: str) -> None:
        """Mend the rows of a meeting.

        Words that cannot be read are taken from the text that the search keeps, evenly timed; what
        can be made again (the job, who spoke when) is deleted.
        """
        with self._database.writing() as session:
            row = meeting_row(session, meeting_id)
            _mend_meeting(row)
            for stage in {each.stage for each in _of(session, SegmentRow, meeting_id)}:
                _mend_segments(session, meeting_id, stage)
            for speaker in _of(session, SpeakerRow, meeting_id):
                if readable(partial(to_speaker, speaker)) is None:
                    speaker.name = speaker.similarity = speaker.profile_id = None
            for rejected in _of(session, RejectedRow, meeting_id):
                if readable(partial(to_rejected, rejected)) is None:
                    session.delete(rejected)
            turns = session.get(TurnsRow, meeting_id)
            if turns is not None and readable(lambda: to_turns(turns)) is None:
                session.delete(turns)
            job = session.get(JobRow, meeting_id)
            if job is not None and readable(lambda: to_job(job)) is None:
                session.delete(job)
            index.refresh(session, row)

    def index_is_sound(self) -> bool:
        """Whether the search finds what the transcripts hold."""
        with self._database.writing() as session:
            return index.is_sound(session)

    def rebuild_index(self) -> None:
        """Make the index of the search anew."""
        with self._database.writing() as session:
            index.rebuild(session)


def _reads(session: Session, meeting_id: str) -> list[tuple[str, Callable[[], object]]]:
    reads: list[tuple[str, Callable[[], object]]] = []
    for segment in _of(session, SegmentRow, meeting_id):
        reads.append(("transcript", partial(to_segment, segment)))
    for speaker in _of(session, SpeakerRow, meeting_id):
        reads.append(("list of speakers", partial(to_speaker, speaker)))
    for rejected in _of(session, RejectedRow, meeting_id):
        reads.append(("text that was held back", partial(to_rejected, rejected)))
    turns, job = session.get(TurnsRow, meeting_id), session.get(JobRow, meeting_id)
    if turns is not None:
        reads.append(("list of who spoke when", lambda: to_turns(turns)))
    if job is not None:
        reads.append(("job", lambda: to_job(job)))
    return reads


def _of(session: Session, kind: type[Row], meeting_id: str) -> list[Row]:
    return list(session.scalars(select(kind).where(kind.meeting_id == meeting_id)))


def _mend_meeting(row: MeetingRow) -> None:
    """Write what can be read of the row back, with stand-ins for the rest."""
    meeting = to_meeting(row)
    if meeting.detail != DAMAGED_MEETING:
        return
    row.title, row.state, row.created_at = meeting.title, meeting.state.value, meeting.created_at
    row.duration_samples = round(meeting.duration * 16_000)
    row.mode = None if meeting.mode is None else meeting.mode.value
    row.recognizer, row.audio_path = meeting.recognizer, meeting.audio_path
    row.language, row.progress = meeting.language, meeting.progress
    row.ended_at, row.source_name = meeting.ended_at, meeting.source_name
    row.detail = "Its entry in the database was damaged and has been mended."


def _mend_segments(session: Session, meeting_id: str, stage: str) -> None:
    chosen = select(SegmentRow).where(
        SegmentRow.meeting_id == meeting_id, SegmentRow.stage == stage
    )
    rows = list(session.scalars(chosen.order_by(SegmentRow.position)))
    before = 0.0
    for row, following in pairwise([*rows, None]):
        assert row is not None
        if readable(partial(to_segment, row)) is None:
            _mend_segment(row, before, following)
        before = row.end


def _mend_segment(row: SegmentRow, before: float, following: SegmentRow | None) -> None:
    """Times from the neighbours, words from the text, where the row's own are damaged."""

    def sound(read: Callable[[], float]) -> float | None:
        return readable(lambda: whole("transcript", row.meeting_id, read))

    start, end = sound(lambda: number(row.start)), sound(lambda: number(row.end))
    after = None if following is None else sound(lambda: number(following.start))
    row.start = before if start is None else start
    latest = row.start + 1.0 if after is None else after
    row.end = max(row.start, latest if end is None else end)
    if (
        readable(lambda: whole("", row.meeting_id, lambda: optional_text(row.speaker) or ""))
        is None
    ):
        row.speaker = None
    spoken = readable(lambda: whole("", row.meeting_id, lambda: text(row.text))) or ""
    row.text = spoken
    row.machine = None
    row.words = _evenly(spoken.split(), row.start, row.end)


def _evenly(words: list[str], start: float, end: float) -> list[StoredWord]:
    step = (end - start) / max(1, len(words))
    return [
        (f" {word}", start + place * step, start + (place + 1) * step, 0.0)
        for place, word in enumerate(words)
    ]
