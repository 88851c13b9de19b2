"""`MeetingStore`: reads and writes meetings; the database's only interface."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection
from datetime import UTC, datetime

from sqlalchemy import delete, func, select

from meetcore.records import SAMPLE_RATE, Meeting, MeetingState, Mode, Stage
from meetcore.store.database import Database, open_database
from meetcore.store.edits.editor import Editor
from meetcore.store.jobs import JobStore
from meetcore.store.library import Library
from meetcore.store.queries import (
    NEWEST_FIRST,
    SHOWN,
    locked_meeting_row,
    meeting_row,
    meetings_in_states,
)
from meetcore.store.repair import Repair
from meetcore.store.rows import to_meeting
from meetcore.store.schema import MeetingRow
from meetcore.store.search import index
from meetcore.store.transcripts import TranscriptStore
from meetcore.store.voice_profiles import ProfileStore

_UNFINISHED = (MeetingState.LIVE, MeetingState.FINALIZING)


def open_store(url: str) -> MeetingStore:
    """The store at a SQLAlchemy URL; folder and tables are created or migrated.

    Raises
    ------
    StoreError
        The database cannot be opened; the message says why and what to do.
    """
    return MeetingStore(open_database(url))


def _now() -> datetime:
    return datetime.now(UTC)


def new_meeting_id(moment: datetime) -> str:
    """An id that sorts by time and can be a file name, such as 20261122-131502-ab12cd (UTC)."""
    return f"{moment.astimezone(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


class MeetingStore(TranscriptStore):
    """Reads and writes meetings; every method is one short transaction, callable from any thread.

    The transcript methods are those of TranscriptStore; jobs, the searchable list, edits and
    voice profiles are attributes.

    Raises
    ------
    StoreError
        From every method: the database refused. Try again, or show the message.
    MeetingNotFoundError
        From every method with an id: there is no such meeting; reload the list.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime] = _now) -> None:
        super().__init__(database, clock)
        self.jobs = JobStore(database, clock)
        self.library = Library(database)
        self.edits = Editor(database, clock)
        self.profiles = ProfileStore(database, clock)
        self.repair = Repair(database)

    def close(self) -> None:
        """Close all connections; idempotent."""
        self._database.close()

    def create_meeting(
        self,
        title: str,
        *,
        mode: Mode | None = None,
        recognizer: str = "",
        language: str | None = None,
        meeting_id: str | None = None,
        state: MeetingState = MeetingState.LIVE,
        source_name: str = "",
        created_at: datetime | None = None,
    ) -> Meeting:
        """Create a meeting; StoreError where `meeting_id` exists already.

        Parameters
        ----------
        created_at : datetime, optional
            When it began; now where none is given. Its id is of now in any case.
        """
        moment = self._clock()
        row = MeetingRow(
            id=meeting_id or new_meeting_id(moment),
            title=title,
            state=state.value,
            created_at=created_at or moment,
            ended_at=None,
            duration_samples=0,
            mode=None if mode is None else mode.value,
            detail="",
            recognizer=recognizer,
            audio_path=None,
            language=language,
            progress=0.0,
            transcript_stage=Stage.PROVISIONAL.value,
            source_name=source_name,
            hidden_at=None,
        )
        with self._database.writing() as session:
            row.serial = (session.scalar(select(func.max(MeetingRow.serial))) or 0) + 1
            session.add(row)
            session.flush()
            return to_meeting(row)

    def get(self, meeting_id: str) -> Meeting:
        """The meeting with this id."""
        with self._database.reading() as session:
            return to_meeting(meeting_row(session, meeting_id))

    def list_meetings(self, limit: int = 100, offset: int = 0) -> list[Meeting]:
        """Meetings, newest first."""
        page = select(MeetingRow).where(SHOWN).order_by(*NEWEST_FIRST).limit(limit).offset(offset)
        with self._database.reading() as session:
            return list(map(to_meeting, session.scalars(page)))

    def update(
        self,
        meeting_id: str,
        *,
        title: str | None = None,
        state: MeetingState | None = None,
        detail: str | None = None,
        duration: float | None = None,
        mode: Mode | None = None,
        recognizer: str | None = None,
        audio_path: str | None = None,
        progress: float | None = None,
        language: str | None = None,
        created_at: datetime | None = None,
    ) -> Meeting:
        """Change the given fields; `ended_at` is set when the meeting stops being live.

        Parameters
        ----------
        duration : float, optional
            Seconds; stored as a count of samples.
        """
        changes = {
            "title": title,
            "detail": detail,
            "duration_samples": None if duration is None else round(duration * SAMPLE_RATE),
            "mode": None if mode is None else mode.value,
            "recognizer": recognizer,
            "audio_path": audio_path,
            "progress": None if progress is None else float(progress),
            "language": language,
            "created_at": created_at,
        }
        with self._database.writing() as session:
            row = locked_meeting_row(session, meeting_id)
            for name, value in changes.items():
                if value is not None:
                    setattr(row, name, value)
            if state is not None:
                self._set_state(row, state)
            return to_meeting(row)

    def delete(self, meeting_id: str) -> None:
        """Delete a meeting with its transcripts; the caller deletes the recording."""
        with self._database.writing() as session:
            index.remove(session, locked_meeting_row(session, meeting_id))
            session.execute(delete(MeetingRow).where(MeetingRow.id == meeting_id))

    def hide(self, meeting_id: str) -> None:
        """Hide a meeting from all lists and searches; `unhide` restores it."""
        with self._database.writing() as session:
            row = locked_meeting_row(session, meeting_id)
            row.hidden_at = self._clock()
            index.remove(session, row)

    def unhide(self, meeting_id: str) -> None:
        """Show a hidden meeting again."""
        with self._database.writing() as session:
            row = locked_meeting_row(session, meeting_id)
            row.hidden_at = None
            index.refresh(session, row)

    def hidden(self) -> list[Meeting]:
        """The hidden meetings, which are to be deleted."""
        hidden = select(MeetingRow).where(~SHOWN)
        with self._database.reading() as session:
            return list(map(to_meeting, session.scalars(hidden)))

    def mark_interrupted(self, except_ids: Collection[str] = ()) -> list[Meeting]:
        """Set unfinished meetings to INTERRUPTED, but for `except_ids`; returns the changed ones.

        `ended_at` stays None: when they ended is not known.
        """
        with self._database.writing() as session:
            rows = [
                row for row in meetings_in_states(session, _UNFINISHED) if row.id not in except_ids
            ]
            for row in rows:
                row.state = MeetingState.INTERRUPTED.value
            return list(map(to_meeting, rows))

    def _set_state(self, row: MeetingRow, state: MeetingState) -> None:
        if state is MeetingState.LIVE:
            row.ended_at = None
        elif row.state == MeetingState.LIVE.value:
            row.ended_at = self._clock()
        row.state = state.value
