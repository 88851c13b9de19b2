"""Transcripts in the database: segments by stage, speakers, turns and rejected text."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime

from sqlalchemy import and_, delete, or_, true

from meetcore.records import ProfileMatch, RejectedText, Segment, Speaker, Stage, Transcript, Turn
from meetcore.store import transcript_rows, voice_names
from meetcore.store.database import Database
from meetcore.store.edits.history import replacing_transcript
from meetcore.store.queries import locked_meeting_row, meeting_row, stage_in_force
from meetcore.store.schema import RejectedRow, SegmentRow
from meetcore.store.search import index


class TranscriptStore:
    """Reads and writes transcripts; every method is one transaction, callable from any thread.

    Raises
    ------
    StoreError
        From every method: the database refused. Try again, or show the message.
    MeetingNotFoundError
        From every method: there is no such meeting; reload the list.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def together(self) -> AbstractContextManager[None]:
        """One transaction for all calls of this thread in the block: all of them or none.

        Raises
        ------
        StoreError
            The database refused; nothing of the block is saved.
        """
        return self._database.together()

    def replace_segments(
        self,
        meeting_id: str,
        first_position: int,
        segments: Sequence[Segment],
        stage: Stage = Stage.PROVISIONAL,
        merged: Mapping[str, str] | None = None,
    ) -> None:
        """Replace all segments of a stage from a position on (0 is the first).

        Parameters
        ----------
        merged : labels to replace in the segments before that position, old to new

        Raises
        ------
        StoreError
            The position is past the end, which would leave a gap; save the earlier segments first.
        """
        with self._database.writing() as session:
            locked_meeting_row(session, meeting_id)
            transcript_rows.merge_labels(session, meeting_id, stage, merged or {})
            transcript_rows.put_segments(session, meeting_id, stage, first_position, segments)

    def replace_transcript(self, meeting_id: str, transcript: Transcript) -> None:
        """Replace the transcript of `transcript.stage`; existing speaker names are kept."""
        with self._database.writing() as session:
            row = locked_meeting_row(session, meeting_id)
            with replacing_transcript(session, row, transcript.stage, self._clock()):
                transcript_rows.put_transcript(session, meeting_id, transcript)
            if transcript.stage is Stage.FINAL and row.transcript_stage != Stage.FINAL.value:
                row.transcript_stage = Stage.FINAL.value
                index.refresh(session, row)

    def transcript(self, meeting_id: str, stage: Stage | None = None) -> Transcript:
        """The transcript of a stage; for None the one in force.

        In force is the final one if there is one, else the live one, else a second pass's draft.
        """
        with self._database.reading() as session:
            row = meeting_row(session, meeting_id)
            wanted = stage or stage_in_force(session, row)
            return transcript_rows.get_transcript(session, meeting_id, wanted)

    def clear_draft(self, meeting_id: str) -> None:
        """Delete the draft of a second pass that ended."""
        self.cut_draft(meeting_id, 0.0)

    def cut_draft(self, meeting_id: str, until: float) -> None:
        """Delete what a second pass's draft has after a time in seconds; 0 deletes all of it."""
        with self._database.writing() as session:
            row = locked_meeting_row(session, meeting_id)
            for table in (SegmentRow, RejectedRow):
                # A word without length may lie at the very end of what is kept.
                later = or_(table.start > until, and_(table.start == until, table.end > until))
                of_draft = (table.meeting_id == meeting_id, table.stage == Stage.DRAFT.value)
                session.execute(delete(table).where(*of_draft, later if until > 0 else true()))
            index.refresh(session, row)

    def turns(self, meeting_id: str) -> tuple[Turn, ...]:
        """The speaker turns, overlaps included; labels as in the transcript."""
        with self._database.reading() as session:
            meeting_row(session, meeting_id)
            return transcript_rows.get_turns(session, meeting_id)

    def exclusive_turns(self, meeting_id: str) -> tuple[Turn, ...]:
        """The turns without overlaps, to which words are given; `turns` where there are none."""
        with self._database.reading() as session:
            meeting_row(session, meeting_id)
            return transcript_rows.get_exclusive_turns(session, meeting_id)

    def replace_turns(
        self, meeting_id: str, turns: Iterable[Turn], exclusive: Iterable[Turn] | None = None
    ) -> None:
        """Replace all speaker turns; `exclusive` are those without overlaps, where known."""
        with self._database.writing() as session:
            locked_meeting_row(session, meeting_id)
            transcript_rows.put_turns(session, meeting_id, turns, exclusive)

    def add_rejected(self, meeting_id: str, stage: Stage, rejected: Iterable[RejectedText]) -> None:
        """Save text that the hallucination gate rejected."""
        with self._database.writing() as session:
            locked_meeting_row(session, meeting_id)
            transcript_rows.put_rejected(session, meeting_id, stage, rejected)

    def speakers(self, meeting_id: str) -> tuple[Speaker, ...]:
        """All speakers of the meeting, of all stages, in order of appearance."""
        with self._database.reading() as session:
            meeting_row(session, meeting_id)
            return transcript_rows.get_speakers(session, meeting_id)

    def ensure_speakers(self, meeting_id: str, labels: Iterable[str]) -> None:
        """Add the speakers that are missing, in the given order."""
        with self._database.writing() as session:
            locked_meeting_row(session, meeting_id)
            transcript_rows.put_speakers(session, meeting_id, labels)

    def rename_speaker(self, meeting_id: str, label: str, name: str | None) -> None:
        """Name a speaker in past and future segments; None or blanks remove the name."""
        with self._database.writing() as session:
            locked_meeting_row(session, meeting_id)
            transcript_rows.put_name(session, meeting_id, label, name)

    def name_speaker_by_voice(
        self, meeting_id: str, label: str, name: str, similarity: float, profile_id: str
    ) -> None:
        """Name a speaker after an enrolled voice; a name typed by a user is kept."""
        with self._database.writing() as session:
            locked_meeting_row(session, meeting_id)
            match = ProfileMatch(profile_id, name, similarity)
            voice_names.put_voice_names(session, meeting_id, {label: match})

    def name_speakers_by_voice(
        self,
        meeting_id: str,
        best: Mapping[str, ProfileMatch],
        further: Mapping[str, ProfileMatch],
        present: Collection[str],
    ) -> None:
        """Name a meeting's speakers after enrolled voices, and note who is perhaps the same person.

        Parameters
        ----------
        best : the speaker of each profile, by label; a name typed by a user is kept
        further : speakers that are like a profile which another speaker has
        present : all labels of the pass; names of others do not count
        """
        with self._database.writing() as session:
            locked_meeting_row(session, meeting_id)
            voice_names.put_voice_names(session, meeting_id, best, further, present)
