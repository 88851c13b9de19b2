"""What the formats may write of a stored meeting; the pages and the commands export it alike."""

from __future__ import annotations

from typing import Protocol

from meetcore.records import Meeting, Stage, Transcript, Turn
from meetcore.text.languages import candidates
from meetcore.transcript.corrected_turns import corrected_turns
from meetcore.transcript.formats.export import Export


class Transcripts(Protocol):
    """The part of the store that an export reads."""

    def transcript(self, meeting_id: str, stage: Stage | None = None) -> Transcript: ...
    def turns(self, meeting_id: str) -> tuple[Turn, ...]: ...


def export_of(store: Transcripts, meeting: Meeting) -> Export:
    """The transcript in force as it was corrected, with the facts of its meeting.

    Raises
    ------
    MeetingNotFoundError, StoreError
        The meeting was deleted, or the database refuses.
    """
    transcript = store.transcript(meeting.id)
    detected = [code for segment in transcript.segments for code in segment.languages]
    return Export(
        transcript,
        title=meeting.title,
        turns=corrected_turns(store.turns(meeting.id), transcript.segments),
        duration=meeting.duration,
        date=meeting.created_at,
        recognizer=meeting.recognizer,
        languages=tuple(dict.fromkeys((*candidates(meeting.language), *detected))),
        mode=meeting.mode,
    )
