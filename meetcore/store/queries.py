"""Finding meetings inside a transaction that somebody else owns."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from meetcore.errors import MeetingNotFoundError
from meetcore.records import MeetingState
from meetcore.store.schema import MeetingRow

NEWEST_FIRST = (MeetingRow.created_at.desc(), MeetingRow.id.desc())
"""The order of every list of meetings."""
SHOWN = MeetingRow.hidden_at.is_(None)
"""Not deleted by anybody."""


def meetings_in(session: Session, states: Iterable[MeetingState]) -> list[MeetingRow]:
    """The meetings in any of these states, newest first."""
    values = [state.value for state in states]
    chosen = select(MeetingRow).where(MeetingRow.state.in_(values), SHOWN).order_by(*NEWEST_FIRST)
    return list(session.scalars(chosen))


def locked_meeting(session: Session, meeting_id: str) -> MeetingRow:
    """The meeting's row, which nobody else may change before this transaction is over."""
    return found_meeting(session.get(MeetingRow, meeting_id, with_for_update=True), meeting_id)


def found_meeting(row: MeetingRow | None, meeting_id: str) -> MeetingRow:
    """The row, unless there is none: then MeetingNotFoundError."""
    if row is None:
        raise MeetingNotFoundError(
            f"There is no meeting {meeting_id}. It may have been deleted; reload the list."
        )
    return row
