"""The speakers of meetings in lists and searches: those who have words in the final transcript.

Speakers of the live pass only, or whose last passage a person gave to another speaker, are stored
too and do not count. Every function works inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from sqlalchemy import ScalarSelect, select
from sqlalchemy.orm import Session

from meetcore.records import Speaker
from meetcore.store.damage import readable
from meetcore.store.queries import SHOWN
from meetcore.store.rows import to_speaker
from meetcore.store.schema import MeetingRow, SegmentRow, SpeakerRow


def people_of(session: Session, meeting_ids: Sequence[str]) -> dict[str, tuple[Speaker, ...]]:
    """The speakers of each meeting's final transcript, else of its live one, in order of
    appearance and numbered so; meetings without any are left out."""
    first = _first_position()
    chosen = (
        select(SpeakerRow)
        .join(MeetingRow, MeetingRow.id == SpeakerRow.meeting_id)
        .where(SpeakerRow.meeting_id.in_(meeting_ids), first.is_not(None))
        .order_by(SpeakerRow.meeting_id, first)
    )
    people: dict[str, tuple[Speaker, ...]] = {}
    for row in session.scalars(chosen):
        before = people.get(row.meeting_id, ())
        if (speaker := readable(partial(to_speaker, row))) is not None:
            people[row.meeting_id] = (*before, replace(speaker, number=len(before) + 1))
    return people


def names_of_people(session: Session) -> list[str]:
    """The names of all speakers of all meetings that are shown."""
    named = (
        select(SpeakerRow.name)
        .join(MeetingRow, MeetingRow.id == SpeakerRow.meeting_id)
        .where(SpeakerRow.name.is_not(None), SHOWN, _first_position().is_not(None))
        .distinct()
    )
    return [name for name in session.scalars(named) if name and isinstance(name, str)]


def meetings_with(name: str) -> ScalarSelect[str]:
    """SELECT: the ids of the meetings in which a person of exactly this name speaks."""
    return (
        select(SpeakerRow.meeting_id)
        .join(MeetingRow, MeetingRow.id == SpeakerRow.meeting_id)
        .where(SpeakerRow.name == name, _first_position().is_not(None))
        .scalar_subquery()
    )


def _first_position() -> ScalarSelect[int]:
    """SELECT: where a speaker begins in the transcript in force; NULL without words in it.

    A limit instead of `min`: the database stops at the first segment.
    """
    return (
        select(SegmentRow.position)
        .where(
            SegmentRow.meeting_id == SpeakerRow.meeting_id,
            SegmentRow.stage == MeetingRow.transcript_stage,
            SegmentRow.speaker == SpeakerRow.label,
        )
        .order_by(SegmentRow.position)
        .limit(1)
        .correlate(SpeakerRow, MeetingRow)
        .scalar_subquery()
    )
