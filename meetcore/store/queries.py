"""Rows of meetings by id or state, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from meetcore.errors import MeetingNotFoundError
from meetcore.records import MeetingState, Stage
from meetcore.store.schema import MeetingRow, SegmentRow

NEWEST_FIRST = (MeetingRow.created_at.desc(), MeetingRow.id.desc())
"""ORDER BY of lists of meetings."""
SHOWN = MeetingRow.hidden_at.is_(None)
"""WHERE of every list: meetings that were not deleted (hidden until the trash is emptied)."""


def meetings_in_states(session: Session, states: Iterable[MeetingState]) -> list[MeetingRow]:
    """The meetings in any of these states, newest first."""
    values = [state.value for state in states]
    chosen = select(MeetingRow).where(MeetingRow.state.in_(values), SHOWN).order_by(*NEWEST_FIRST)
    return list(session.scalars(chosen))


def meeting_row(session: Session, meeting_id: str) -> MeetingRow:
    """The meeting's row, to read.

    Raises
    ------
    MeetingNotFoundError
        There is no meeting with this id; reload the list.
    """
    return _found(session.get(MeetingRow, meeting_id), meeting_id)


def locked_meeting_row(session: Session, meeting_id: str) -> MeetingRow:
    """The meeting's row, locked against other writers until the transaction ends.

    Raises
    ------
    MeetingNotFoundError
        There is no meeting with this id; reload the list.
    """
    return _found(session.get(MeetingRow, meeting_id, with_for_update=True), meeting_id)


def stage_in_force(session: Session, meeting: MeetingRow) -> Stage:
    """The final stage if there is one, else the live one, else the draft of a second pass."""
    if meeting.transcript_stage == Stage.FINAL.value:
        return Stage.FINAL
    for stage in (Stage.PROVISIONAL, Stage.DRAFT):
        of_stage = select(SegmentRow.position).where(*segments_of(meeting.id, stage))
        if session.scalar(of_stage.limit(1)) is not None:
            return stage
    return Stage.PROVISIONAL


def segments_of(meeting_id: str, stage: Stage) -> tuple[ColumnElement[bool], ...]:
    """WHERE: the segments of one stage of a meeting."""
    return SegmentRow.meeting_id == meeting_id, SegmentRow.stage == stage.value


def _found(row: MeetingRow | None, meeting_id: str) -> MeetingRow:
    if row is None:
        raise MeetingNotFoundError(
            f"There is no meeting {meeting_id}. It may have been deleted; reload the list."
        )
    return row
