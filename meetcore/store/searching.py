"""Where terms were said, newest meetings first, inside a transaction somebody else owns."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from meetcore.records import Speaker, Stage
from meetcore.store import fulltext
from meetcore.store.library import SearchHit
from meetcore.store.lookup import SHOWN
from meetcore.store.rows import to_words
from meetcore.store.schema import MeetingRow, SegmentRow, SpeakerRow
from meetcore.store.sought import Term, marked, match_expression, snippet

Place = tuple[int, int]
"""Serial of a meeting and position of a segment."""


def meetings_with(session: Session, terms: Sequence[Term]) -> dict[int, int]:
    """How many segments of each meeting hold all terms, by the meeting's serial."""
    if fulltext.is_here(session):
        return fulltext.counts(session, match_expression(terms))
    rows = session.execute(
        select(MeetingRow.serial, func.count())
        .join(SegmentRow, SegmentRow.meeting_id == MeetingRow.id)
        .where(in_force(), *_contains(terms))
        .group_by(MeetingRow.serial)
    )
    return {serial: count for serial, count in rows}


def places(
    session: Session, terms: Sequence[Term], serial: int | None, limit: int, offset: int = 0
) -> list[Place]:
    """Segments that hold all terms: of one meeting in order, else newest meetings first."""
    if fulltext.is_here(session):
        return fulltext.places(session, match_expression(terms), serial, limit, offset)
    return _scanned(session, terms, serial, limit, offset)


def hits_at(session: Session, found: Sequence[Place], terms: Sequence[Term]) -> list[SearchHit]:
    """What stands at these places; those of hidden meetings are left out."""
    rows = session.execute(
        select(MeetingRow.serial, SegmentRow, SpeakerRow.name)
        .join(SegmentRow, SegmentRow.meeting_id == MeetingRow.id)
        .outerjoin(
            SpeakerRow,
            and_(
                SpeakerRow.meeting_id == SegmentRow.meeting_id,
                SpeakerRow.label == SegmentRow.speaker,
            ),
        )
        .where(SHOWN, in_force(), tuple_(MeetingRow.serial, SegmentRow.position).in_(list(found)))
    )
    by_place = {(serial, row.position): _hit(row, name, terms) for serial, row, name in rows}
    return [by_place[place] for place in found if place in by_place]


def _hit(row: SegmentRow, name: str | None, terms: Sequence[Term]) -> SearchHit:
    words = to_words(row.words)
    marks = marked(words, terms)
    start = next((w.start for w, mark in zip(words, marks, strict=True) if mark), row.start)
    speaker = "Unknown speaker" if row.speaker is None else Speaker(row.speaker, name).display_name
    return SearchHit(row.meeting_id, row.position, start, speaker, snippet(words, marks))


def in_force() -> ColumnElement[bool]:
    """Whether a segment belongs to its meeting's transcript in force; joins both tables."""
    live = aliased(SegmentRow)
    is_live = exists().where(
        live.meeting_id == MeetingRow.id, live.stage == Stage.PROVISIONAL.value
    )
    unfinished = and_(
        MeetingRow.transcript_stage == Stage.PROVISIONAL.value,
        SegmentRow.stage == Stage.DRAFT.value,
        ~is_live,
    )
    return or_(SegmentRow.stage == MeetingRow.transcript_stage, unfinished)


def _contains(terms: Sequence[Term]) -> list[ColumnElement[bool]]:
    return [SegmentRow.text.icontains(" ".join(term.words), autoescape=True) for term in terms]


def _scanned(
    session: Session, terms: Sequence[Term], serial: int | None, limit: int, offset: int
) -> list[Place]:
    chosen = (
        select(MeetingRow.serial, SegmentRow.position)
        .join(SegmentRow, SegmentRow.meeting_id == MeetingRow.id)
        .where(in_force(), *_contains(terms))
        .order_by(MeetingRow.serial.desc(), SegmentRow.position)
    )
    if serial is not None:
        chosen = chosen.where(MeetingRow.serial == serial)
    return [(int(s), int(p)) for s, p in session.execute(chosen.limit(limit).offset(offset))]
