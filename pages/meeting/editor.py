"""The element of a meeting's page: player, timeline, and the transcript that can be corrected."""

from __future__ import annotations

from typing import Any

from meetcore.api import edits, recordings, transcripts
from meetcore.records import Meeting, Stage, Transcript
from pages.shared import address, element, process

draw = element.register(
    __file__,
    "editor",
    "list_controls",
    "outbox",
    "send_change",
    "transcript_model",
    "people",
    "transcript_loader",
    "transcript_edits",
    "edit_bar",
    "player",
    "timeline",
    "passage",
    "row_layout",
    "rows",
    "playback_follower",
    "popup",
    "forms",
    "menus",
    "talk_time",
    "find_bar",
    "keyboard",
)


def final_view(meeting: Meeting, transcript: Transcript, editable: bool = True) -> None:
    """Draw a whole transcript with its player, timeline, names and numbers."""
    draw(key=f"final-{meeting.id}", data=payload(meeting, transcript, editable))


def payload(meeting: Meeting, transcript: Transcript, editable: bool) -> dict[str, Any]:
    """What the script needs besides the transcript, which it fetches when the version is new."""
    service = process.service()
    return {
        "meeting": meeting.id,
        "version": transcripts.page_version(transcript, service.store.turns(meeting.id)),
        "address": transcripts.ROUTE.format(id=meeting.id),
        "edits": edits.ROUTE.format(id=meeting.id),
        "changes": changes_address(meeting.id, transcript),
        "audio": recordings.address(meeting, service.recordings_dir),
        "duration": transcripts.length_of(meeting, transcript.segments),
        "at": address.opened_at(),
        "editable": editable,
    }


def changes_address(meeting_id: str, transcript: Transcript) -> str | None:
    """Where the script fetches what the second pass changed; None where there was one pass."""
    if transcript.stage is not Stage.FINAL:
        return None
    return transcripts.CHANGES_ROUTE.format(id=meeting_id)
