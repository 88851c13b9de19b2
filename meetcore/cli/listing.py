"""Meetings and search hits as lines of text or as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from meetcore.cli.table import table_lines
from meetcore.records import MeetingSummary, SearchHit
from meetcore.text.durations import whole_seconds
from meetcore.text.lines import one_line
from meetcore.transcript.formats.paragraphs import clock

BOLD, NOT_BOLD = "\x1b[1m", "\x1b[0m"
MAX_PEOPLE = 4
HEADINGS = ("id", "date", "duration", "state", "people", "title")


def meeting_lines(rows: Sequence[MeetingSummary], width: int | None = None) -> list[str]:
    """One line a meeting: id, local date and time, duration, state, people, title.

    Parameters
    ----------
    width : int, optional
        Of the terminal, where the lines are for one; see `table_lines`.
    """
    return table_lines(HEADINGS, [_cells(row) for row in rows], width, ("people", "title"))


def _cells(row: MeetingSummary) -> tuple[str, ...]:
    meeting = row.meeting
    names = [one_line(person.display_name) for person in row.people]
    more = [f"+{len(names) - MAX_PEOPLE}"] if len(names) > MAX_PEOPLE else []
    return (
        meeting.id,
        f"{meeting.created_at.astimezone():%Y-%m-%d %H:%M}",
        clock(whole_seconds(meeting.duration)),
        str(meeting.state),
        ", ".join(names[:MAX_PEOPLE] + more) or "-",
        one_line(meeting.title),
    )


def meetings_json(rows: Sequence[MeetingSummary]) -> str:
    """A JSON list with one object per meeting."""
    return _json([_meeting(row) for row in rows])


def _meeting(row: MeetingSummary) -> dict[str, Any]:
    meeting = row.meeting
    return {
        "id": meeting.id,
        "title": meeting.title,
        "state": str(meeting.state),
        "created_at": meeting.created_at.isoformat(timespec="seconds"),
        "duration": meeting.duration,
        "people": [person.display_name for person in row.people],
        "language": meeting.language,
        "recognizer": meeting.recognizer,
        "source_name": meeting.source_name,
        "detail": meeting.detail,
    }


def hit_line(hit: SearchHit, bold: bool) -> str:
    """Id, time, speaker and text of a hit.

    Parameters
    ----------
    bold : bool
        Show the words searched for in bold; only terminals show that.
    """
    before, after = (BOLD, NOT_BOLD) if bold else ("", "")
    text = "".join(
        f"{before}{_printable(part.text)}{after}" if part.is_match else _printable(part.text)
        for part in hit.snippet
    )
    line = " ".join(text.split())
    return f"{hit.meeting_id}  {clock(hit.start)}  {one_line(hit.speaker)}  {line}"


def _printable(text: str) -> str:
    """Text without control characters; spaces at its ends are kept, they separate the parts."""
    bare = one_line(text)
    lead = " " if text[:1].isspace() else ""
    trail = " " if bare and text[-1:].isspace() else ""
    return f"{lead}{bare}{trail}"


def hits_json(hits: Sequence[SearchHit]) -> str:
    """A JSON list with one object per hit."""
    return _json(
        [
            {
                "meeting_id": hit.meeting_id,
                "start": hit.start,
                "speaker": hit.speaker,
                "text": "".join(part.text for part in hit.snippet).strip(),
                "matches": [part.text for part in hit.snippet if part.is_match],
            }
            for hit in hits
        ]
    )


def _json(items: list[dict[str, Any]]) -> str:
    return json.dumps(items, ensure_ascii=False, indent=1)
