"""Keys of the requests whose edit is stored, so that a repeated request makes no second edit.

Every function works inside the transaction of the edit. The keys have a table of their own, as undo
and redo add no row to `edits`, and undone edits are deleted.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from meetcore.store.schema import EditRequestRow

KEPT_FOR = timedelta(days=30)
"""Far longer than a browser tab repeats a request."""


def earlier_result(session: Session, meeting_id: str, key: str) -> str | None:
    """The result of the edit that a request with this key made; None where it made none yet."""
    row = session.get(EditRequestRow, (meeting_id, key))
    return None if row is None else row.result


def store_result(session: Session, meeting_id: str, key: str, result: str, now: datetime) -> None:
    """Store a request's key and result, and delete the meeting's keys older than KEPT_FOR."""
    session.execute(
        delete(EditRequestRow).where(
            EditRequestRow.meeting_id == meeting_id, EditRequestRow.made_at < now - KEPT_FOR
        )
    )
    session.add(EditRequestRow(meeting_id=meeting_id, key=key, result=result, made_at=now))
