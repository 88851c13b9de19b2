"""Meetings and what was said in them, kept in a database: the one door to it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime

from sqlalchemy import delete, func, select

from meetcore.records import (
    SAMPLE_RATE,
    Meeting,
    MeetingState,
    Mode,
    RejectedText,
    Segment,
    Speaker,
    Stage,
    Transcript,
    Turn,
)
from meetcore.store import transcript_rows
from meetcore.store.database import Database, open_database
from meetcore.store.edits.editor import Editor, keep_edits
from meetcore.store.jobs import JobStore
from meetcore.store.library import Library
from meetcore.store.queries import NEWEST_FIRST, SHOWN, found_meeting, locked_meeting, meetings_in
from meetcore.store.rows import to_meeting
from meetcore.store.schema import MeetingRow, SegmentRow
from meetcore.store.search import index
from meetcore.store.voice_profiles import ProfileStore

_UNFINISHED = (MeetingState.LIVE, MeetingState.FINALIZING)


def open_store(url: str) -> MeetingStore:
    """The store at a SQLAlchemy URL; its folder and tables are made or brought up to date.

    Raises
    ------
    StoreError
        The database cannot be opened; the message says why and what to do.
    """
    return MeetingStore(open_database(url))


def _now() -> datetime:
    return datetime.now(UTC)


def new_meeting_id(moment: datetime) -> str:
    """An id that sorts by time and is fit for a file name, such as 20261122-131502-ab12cd (UTC)."""
    return f"{moment.astimezone(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


class MeetingStore:
    """Reads and writes meetings; every method is one short transaction, safe from any thread.

    Every method raises StoreError when the database refuses, and MeetingNotFoundError when there
    is no meeting with the id given.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime] = _now) -> None:
        self._database = database
        self._clock = clock
        self.jobs = JobStore(database, clock)
        self.library = Library(database)
        self.edits = Editor(database, clock)
        self.profiles = ProfileStore(database, clock)

    def close(self) -> None:
        """Close every connection; a second call does nothing."""
        self._database.close()

    def create_meeting(
        self,
        title: str,
        *,
        mode: Mode | None = None,
        recognizer: str = "",
        language: str | None = None,
        audio_path: str | None = None,
        meeting_id: str | None = None,
        state: MeetingState = MeetingState.LIVE,
        source_name: str = "",
    ) -> Meeting:
        """A new meeting, begun now; an id that is taken is a StoreError."""
        moment = self._clock()
        row = MeetingRow(
            id=meeting_id or new_meeting_id(moment),
            title=title,
            state=state.value,
            created_at=moment,
            ended_at=None,
            duration_samples=0,
            mode=None if mode is None else mode.value,
            detail="",
            recognizer=recognizer,
            audio_path=audio_path,
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
            return to_meeting(found_meeting(session.get(MeetingRow, meeting_id), meeting_id))

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
    ) -> Meeting:
        """Change what is given, leave what is None; leaving the live state notes the time.

        Parameters
        ----------
        duration : float, optional
            Seconds; kept as a count of samples.
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
        }
        with self._database.writing() as session:
            row = locked_meeting(session, meeting_id)
            for name, value in changes.items():
                if value is not None:
                    setattr(row, name, value)
            if state is not None:
                self._enter(row, state)
            return to_meeting(row)

    def delete(self, meeting_id: str) -> None:
        """Remove a meeting and all that was said in it; its recording is the caller's to remove."""
        with self._database.writing() as session:
            index.forget(session, locked_meeting(session, meeting_id))
            session.execute(delete(MeetingRow).where(MeetingRow.id == meeting_id))

    def hide(self, meeting_id: str) -> None:
        """Take a meeting out of every list; it can be brought back until it is deleted."""
        with self._database.writing() as session:
            row = locked_meeting(session, meeting_id)
            row.hidden_at = self._clock()
            index.forget(session, row)

    def unhide(self, meeting_id: str) -> None:
        """Bring a hidden meeting back."""
        with self._database.writing() as session:
            row = locked_meeting(session, meeting_id)
            row.hidden_at = None
            index.refresh(session, row)

    def hidden(self) -> list[Meeting]:
        """Meetings that wait to be deleted for good."""
        gone = select(MeetingRow).where(~SHOWN)
        with self._database.reading() as session:
            return list(map(to_meeting, session.scalars(gone)))

    def interrupted(self) -> list[Meeting]:
        """Meetings that wait for somebody to finish them, newest first."""
        with self._database.reading() as session:
            return list(map(to_meeting, meetings_in(session, (MeetingState.INTERRUPTED,))))

    def mark_interrupted(self, except_ids: Collection[str] = ()) -> list[Meeting]:
        """Make unfinished meetings that no running worker owns interrupted; gives those.

        When they ended nobody saw, so `ended_at` stays open.
        """
        with self._database.writing() as session:
            rows = [row for row in meetings_in(session, _UNFINISHED) if row.id not in except_ids]
            for row in rows:
                row.state = MeetingState.INTERRUPTED.value
            return list(map(to_meeting, rows))

    def append_segments(
        self, meeting_id: str, segments: Sequence[Segment], stage: Stage = Stage.PROVISIONAL
    ) -> None:
        """Add segments after those of the stage; speakers they name are added too."""
        with self._database.writing() as session:
            locked_meeting(session, meeting_id)
            count = transcript_rows.count_segments(session, meeting_id, stage)
            transcript_rows.put_segments(session, meeting_id, stage, count, segments)

    def replace_segments(
        self,
        meeting_id: str,
        first_position: int,
        segments: Sequence[Segment],
        stage: Stage = Stage.PROVISIONAL,
    ) -> None:
        """Replace all segments of the stage from a position on (0 is the first).

        A position behind the end is a StoreError: it would leave a hole.
        """
        with self._database.writing() as session:
            locked_meeting(session, meeting_id)
            transcript_rows.put_segments(session, meeting_id, stage, first_position, segments)

    def replace_transcript(self, meeting_id: str, transcript: Transcript) -> None:
        """Replace all of the transcript's stage at once; names that people gave stand."""
        with self._database.writing() as session:
            row = locked_meeting(session, meeting_id)
            with keep_edits(session, row, transcript.stage, self._clock()):
                transcript_rows.put_transcript(session, meeting_id, transcript)
            if transcript.stage is Stage.FINAL and row.transcript_stage != Stage.FINAL.value:
                row.transcript_stage = Stage.FINAL.value
                index.refresh(session, row)

    def transcript(self, meeting_id: str, stage: Stage | None = None) -> Transcript:
        """The transcript of a stage; for None the one in force.

        That is the final one if there is one, else the live one, else the draft of a second pass.
        """
        with self._database.reading() as session:
            row = found_meeting(session.get(MeetingRow, meeting_id), meeting_id)
            wanted = stage or index.stage_in_force(session, row)
            return transcript_rows.get_transcript(session, meeting_id, wanted)

    def clear_draft(self, meeting_id: str) -> None:
        """Forget the words of a second pass that is over, or begins anew."""
        with self._database.writing() as session:
            row = locked_meeting(session, meeting_id)
            session.execute(
                delete(SegmentRow).where(
                    SegmentRow.meeting_id == meeting_id, SegmentRow.stage == Stage.DRAFT.value
                )
            )
            index.refresh(session, row)

    def turns(self, meeting_id: str) -> tuple[Turn, ...]:
        """Who spoke when, overlaps included; labels as in the transcript."""
        with self._database.reading() as session:
            found_meeting(session.get(MeetingRow, meeting_id), meeting_id)
            return transcript_rows.get_turns(session, meeting_id)

    def replace_turns(self, meeting_id: str, turns: Iterable[Turn]) -> None:
        """Replace who spoke when."""
        with self._database.writing() as session:
            locked_meeting(session, meeting_id)
            transcript_rows.put_turns(session, meeting_id, turns)

    def add_rejected(self, meeting_id: str, stage: Stage, rejected: Iterable[RejectedText]) -> None:
        """Keep text that the gate held back."""
        with self._database.writing() as session:
            locked_meeting(session, meeting_id)
            transcript_rows.put_rejected(session, meeting_id, stage, rejected)

    def speakers(self, meeting_id: str) -> tuple[Speaker, ...]:
        """All speakers of the meeting, of both stages, in order of appearance."""
        with self._database.reading() as session:
            found_meeting(session.get(MeetingRow, meeting_id), meeting_id)
            return transcript_rows.get_speakers(session, meeting_id)

    def ensure_speakers(self, meeting_id: str, labels: Iterable[str]) -> None:
        """Add the speakers that are not there yet, in the order given."""
        with self._database.writing() as session:
            locked_meeting(session, meeting_id)
            transcript_rows.put_speakers(session, meeting_id, labels)

    def rename_speaker(self, meeting_id: str, label: str, name: str | None) -> None:
        """Name a speaker, for past and future segments; None or blanks take the name away."""
        with self._database.writing() as session:
            locked_meeting(session, meeting_id)
            transcript_rows.put_name(session, meeting_id, label, name)

    def name_speaker_by_voice(
        self, meeting_id: str, label: str, name: str, similarity: float, profile_id: str
    ) -> None:
        """Name a speaker after an enrolled voice; a name that a person gave stands."""
        with self._database.writing() as session:
            locked_meeting(session, meeting_id)
            transcript_rows.put_recognised_name(
                session, meeting_id, label, name, similarity, profile_id
            )

    def _enter(self, row: MeetingRow, state: MeetingState) -> None:
        if state is MeetingState.LIVE:
            row.ended_at = None
        elif row.state == MeetingState.LIVE.value:
            row.ended_at = self._clock()
        row.state = state.value
