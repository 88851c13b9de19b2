"""The edit history of a meeting: records edits with their changes, undoes and redoes them.

Every function works inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import Session

from meetcore.errors import MeetingStateError
from meetcore.records import EditState, Stage
from meetcore.store.edits.changes import (
    apply_change,
    change_between,
    inverse,
    read_state,
    stored_change,
)
from meetcore.store.schema import EditRow, MeetingRow

NEW_TRANSCRIPT = "New transcript"


@contextmanager
def recording_edit(
    session: Session,
    meeting_id: str,
    stage: Stage,
    changing: Sequence[Stage],
    description: str,
    moment: datetime,
) -> Iterator[None]:
    """Record what the block changes as one edit of a stage; nothing where it changes nothing.

    Parameters
    ----------
    changing : Sequence[Stage]
        Stages whose segments the block may change.
    """
    before = read_state(session, meeting_id, changing)
    yield
    change = change_between(before, read_state(session, meeting_id, changing))
    if not change:
        return
    _delete_undone(session, meeting_id)
    session.add(
        EditRow(
            meeting_id=meeting_id,
            stage=stage.value,
            made_at=moment,
            description=description,
            change=change,
            undone=False,
        )
    )


@contextmanager
def replacing_transcript(
    session: Session, meeting: MeetingRow, stage: Stage, moment: datetime
) -> Iterator[None]:
    """Record the block as an edit where it replaces a final transcript that was edited."""
    if stage is Stage.FINAL:
        # Undone edits belong to the old words and cannot be redone on the new ones.
        _delete_undone(session, meeting.id)
    if stage is not Stage.FINAL or _next_edit(session, meeting.id, stage, undone=False) is None:
        yield
        return
    with recording_edit(session, meeting.id, stage, [stage], NEW_TRANSCRIPT, moment):
        yield


def undo_or_redo(session: Session, meeting_id: str, stage: Stage, *, redo: bool) -> str | None:
    """Undo the last edit, or redo the last undone one; its description, None without one.

    Raises
    ------
    MeetingStateError
        The segments that the edit changed were changed otherwise since; reload the transcript.
    """
    edit = _next_edit(session, meeting_id, stage, undone=redo)
    if edit is None:
        return None
    change = stored_change(meeting_id, edit.change)
    if not apply_change(session, meeting_id, change if redo else inverse(change)):
        raise changed_meanwhile()
    edit.undone = not redo
    return edit.description


def edit_state(session: Session, meeting_id: str, stage: Stage) -> EditState:
    """What undo and redo would do to a stage."""
    last, undone = (_next_edit(session, meeting_id, stage, undone) for undone in (False, True))
    count = select(func.count()).select_from(EditRow).where(*_edits_of(meeting_id, stage, False))
    return EditState(
        last.description if last else None,
        undone.description if undone else None,
        session.scalar(count) or 0,
    )


def changed_meanwhile() -> MeetingStateError:
    """The error for an edit of something that is not there any more."""
    return MeetingStateError(
        "The transcript has changed in the meantime. Look at it again and repeat the step."
    )


def _next_edit(session: Session, meeting_id: str, stage: Stage, undone: bool) -> EditRow | None:
    """The edit that undo (undone: redo) would take."""
    order = EditRow.id if undone else EditRow.id.desc()
    chosen = select(EditRow).where(*_edits_of(meeting_id, stage, undone))
    return session.scalar(chosen.order_by(order).limit(1))


def _edits_of(meeting_id: str, stage: Stage, undone: bool) -> tuple[ColumnElement[bool], ...]:
    return (
        EditRow.meeting_id == meeting_id,
        EditRow.stage == stage.value,
        EditRow.undone.is_(undone),
    )


def _delete_undone(session: Session, meeting_id: str) -> None:
    session.execute(
        delete(EditRow).where(EditRow.meeting_id == meeting_id, EditRow.undone.is_(True))
    )
