"""Segments that match search terms: by the full-text index, else by a scan of the table.

Every function works inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from meetcore.records import UNKNOWN_SPEAKER, SearchHit, Stage
from meetcore.store.damage import readable
from meetcore.store.people import people_of
from meetcore.store.queries import SHOWN, stage_in_force
from meetcore.store.rows import to_segment
from meetcore.store.schema import MeetingRow, SegmentRow
from meetcore.store.search import index
from meetcore.store.search.terms import Term, is_one_step, marked, match_expression, snippet

Match = tuple[int, int]
"""A segment: serial of its meeting, and position."""


def uses_index(session: Session, terms: Sequence[Term]) -> bool:
    """Whether the full-text index finds the terms; it has a text without spaces as one word."""
    return index.is_available(session) and not any(term.is_unspaced for term in terms)


def count_matches(session: Session, terms: Sequence[Term]) -> dict[int, int | None]:
    """How many segments of each meeting hold all terms, by serial; None where counting is slow."""
    if not uses_index(session, terms):
        rows = session.execute(
            select(MeetingRow.serial, func.count())
            .join(SegmentRow, SegmentRow.meeting_id == MeetingRow.id)
            .where(SHOWN, in_force(), *_contains(terms))
            .group_by(MeetingRow.serial)
        )
        return {serial: count for serial, count in rows}
    match = match_expression(terms)
    if is_one_step(terms, index.LONGEST_PREFIX):
        return dict.fromkeys(index.matching_meetings(session, match))
    return {**index.count_matches(session, match)}


def count_in_meeting(session: Session, terms: Sequence[Term], serial: int) -> int:
    """How many segments of one meeting hold all terms."""
    if not uses_index(session, terms):
        return len(_scan(session, terms, serial, limit=None))
    return index.count_in_meeting(session, match_expression(terms), serial)


def first_matches(
    session: Session, terms: Sequence[Term], serials: Sequence[int], limit: int
) -> list[Match]:
    """The first matches in each of these meetings."""
    if uses_index(session, terms) and not is_one_step(terms, index.LONGEST_PREFIX):
        found = index.first_matches(session, match_expression(terms), serials, limit)
        return [(serial, position) for serial in serials for position in found[serial]]
    return [match for serial in serials for match in find_matches(session, terms, serial, limit)]


def find_matches(
    session: Session, terms: Sequence[Term], serial: int | None, limit: int
) -> list[Match]:
    """Segments that hold all terms: of one meeting in order, else newest meetings first."""
    if uses_index(session, terms):
        return index.find_matches(session, match_expression(terms), serial, limit)
    return _scan(session, terms, serial, limit)


def search_hits(session: Session, found: Sequence[Match], terms: Sequence[Term]) -> list[SearchHit]:
    """The matches with speaker and snippet, in the order given; hidden meetings are left out."""
    serials = {serial for serial, _ in found}
    meetings = session.scalars(select(MeetingRow).where(MeetingRow.serial.in_(serials), SHOWN))
    hits: dict[Match, SearchHit] = {}
    for meeting in meetings:
        positions = [position for serial, position in found if serial == meeting.serial]
        for hit in _hits_in(session, meeting, positions, terms):
            hits[meeting.serial, hit.position] = hit
    return [hits[match] for match in found if match in hits]


def _hits_in(
    session: Session, meeting: MeetingRow, positions: Sequence[int], terms: Sequence[Term]
) -> Iterator[SearchHit]:
    """The hits at these positions of one meeting."""
    rows = session.scalars(
        select(SegmentRow).where(
            SegmentRow.meeting_id == meeting.id,
            SegmentRow.stage == stage_in_force(session, meeting).value,
            SegmentRow.position.in_(positions),
        )
    )
    people = people_of(session, [meeting.id]).get(meeting.id, ())
    names = {person.label: person.display_name for person in people}
    for row in rows:
        if (hit := readable(partial(_hit, row, names, terms))) is not None:
            yield hit


def _hit(row: SegmentRow, names: Mapping[str, str], terms: Sequence[Term]) -> SearchHit:
    words = to_segment(row).words
    marks = marked(words, terms)
    start = next((w.start for w, mark in zip(words, marks, strict=True) if mark), row.start)
    speaker = names.get(row.speaker or "", UNKNOWN_SPEAKER)
    return SearchHit(row.meeting_id, row.position, start, speaker, snippet(words, marks))


def in_force() -> ColumnElement[bool]:
    """WHERE: the segment belongs to its meeting's transcript in force; needs both tables joined."""
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
    return [SegmentRow.text.icontains(term.typed, autoescape=True) for term in terms]


def _scan(
    session: Session, terms: Sequence[Term], serial: int | None, limit: int | None
) -> list[Match]:
    chosen = (
        select(MeetingRow.serial, SegmentRow.position)
        .join(SegmentRow, SegmentRow.meeting_id == MeetingRow.id)
        .where(SHOWN, in_force(), *_contains(terms))
        .order_by(MeetingRow.serial.desc(), SegmentRow.position)
    )
    if serial is not None:
        chosen = chosen.where(MeetingRow.serial == serial)
    return [(int(s), int(p)) for s, p in session.execute(chosen.limit(limit))]
