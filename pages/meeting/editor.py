"""The meeting view on the page: its element, and what a person can do in it."""

from __future__ import annotations

from typing import Any

from meetcore.api import recordings, transcripts
from meetcore.errors import MeetingStateError
from meetcore.records import Meeting, Stage, Transcript
from pages.shared import actions, address, element, people, process

draw = element.register(
    __file__, "editor", "listed", "model", "player", "timeline", "rows", "menus"
)


def final_view(meeting: Meeting, transcript: Transcript, editable: bool = True) -> None:
    """A whole transcript with its player, timeline, names and numbers."""
    key = f"final-{meeting.id}"
    draw(
        key=key,
        data=payload(meeting, transcript, editable),
        on_act_change=actions.callback(key, handlers(meeting.id)),
    )


def payload(meeting: Meeting, transcript: Transcript, editable: bool) -> dict[str, Any]:
    """All but the words, which the script fetches when their version is a new one."""
    store = process.service().store
    written = transcripts.prepare(meeting, transcript, store.turns(meeting.id))
    state = store.edits.state(meeting.id) if editable else None
    return {
        "meeting": meeting.id,
        "version": written.version,
        "address": transcripts.address(meeting.id, written.version),
        "changes": compared_address(meeting.id, transcript),
        "audio": recordings.address(meeting, process.service().recordings_dir),
        "duration": transcripts.length_of(meeting, transcript.segments),
        "at": address.opened_at(),
        "people": people.described(
            transcript.speakers, [segment.speaker for segment in transcript.segments]
        ),
        "editable": editable,
        "undo": state.can_undo if state else None,
        "redo": state.can_redo if state else None,
        **actions.common(),
    }


def compared_address(meeting_id: str, transcript: Transcript) -> str | None:
    """Where the script learns what the second pass changed; None where there was one pass."""
    if transcript.stage is not Stage.FINAL:
        return None
    if not process.service().store.transcript(meeting_id, Stage.PROVISIONAL).segments:
        return None
    return transcripts.CHANGES_ROUTE.format(meeting_id=meeting_id)


def handlers(meeting_id: str) -> actions.Handlers:
    """What can be done with a transcript."""
    edits = process.service().store.edits
    return {
        "rename": lambda asked: rename(meeting_id, asked),
        "merge": lambda asked: edits.merge_speakers(
            meeting_id, str(asked["label"]), str(asked["into"])
        ),
        "assign": lambda asked: edits.assign(
            meeting_id, [int(asked["position"])], asked.get("label")
        ),
        "split": lambda asked: edits.split(
            meeting_id, int(asked["position"]), int(asked["word"]), asked.get("label")
        ),
        "correct": lambda asked: edits.correct(
            meeting_id, int(asked["position"]), str(asked["text"]), asked.get("expected")
        ),
        "correct_word": lambda asked: edits.correct_word(
            meeting_id,
            int(asked["position"]),
            int(asked["word"]),
            str(asked["text"]),
            asked.get("expected"),
        ),
        "undo": lambda asked: edits.undo(meeting_id),
        "redo": lambda asked: edits.redo(meeting_id),
    }


def rename(meeting_id: str, asked: actions.Asked) -> None:
    """Name a speaker; where the box was ticked, remember the voice too.

    Raises
    ------
    MeetingStateError
        The box was ticked without a name.
    """
    service = process.service()
    label, name = str(asked["label"]), actions.named(asked)
    if not name:
        raise MeetingStateError("A voice needs a name to be recognised by. Type one.")
    service.store.edits.rename(meeting_id, label, name)
    if asked.get("enroll"):
        service.enroll(meeting_id, label, name)
