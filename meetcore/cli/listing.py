"""Meetings and hits as lines for people, or as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from meetcore.records import MeetingSummary, SearchHit
from meetcore.text.lines import one_line
from meetcore.transcript.formats.paragraphs import clock

MATCH = ("\x1b[1m", "\x1b[0m")
"""Around what was searched for, on a terminal."""
MOST_PEOPLE = 4


def table(rows: Sequence[MeetingSummary]) -> list[str]:
    """One line a meeting: id, local date and time, duration, state, people, title."""
    cells = [_cells(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    ]


def _cells(row: MeetingSummary) -> tuple[str, ...]:
    meeting = row.meeting
    names = [one_line(person.display_name) for person in row.people]
    more = [f"+{len(names) - MOST_PEOPLE}"] if len(names) > MOST_PEOPLE else []
    return (
        meeting.id,
        f"{meeting.created_at.astimezone():%Y-%m-%d %H:%M}",
        clock(meeting.duration),
        str(meeting.state),
        ", ".join(names[:MOST_PEOPLE] + more) or "-",
        one_line(meeting.title),
    )


def meetings_json(rows: Sequence[MeetingSummary]) -> str:
    """A list of objects, one a meeting."""
    return _json([_meeting(row) for row in rows])


def _meeting(row: MeetingSummary) -> dict[str, Any]:
    meeting = row.meeting
    return {
        "id": meeting.id,
        "title": meeting.title,
        "state": str(meeting.state),
        "created_at": _moment(meeting.created_at),
        "duration": meeting.duration,
        "people": [person.display_name for person in row.people],
        "language": meeting.language,
        "recognizer": meeting.recognizer,
        "source_name": meeting.source_name,
        "detail": meeting.detail,
    }


def hit_line(hit: SearchHit, marked: bool) -> str:
    """Id, time, speaker and text of a hit.

    Parameters
    ----------
    marked : bool
        Show in bold what was searched for.
    """
    before, after = MATCH if marked else ("", "")
    text = "".join(
        f"{before}{_printable(part.text)}{after}" if part.is_match else _printable(part.text)
        for part in hit.snippet
    )
    line = " ".join(text.split())
    return f"{hit.meeting_id}  {clock(hit.start)}  {one_line(hit.speaker)}  {line}"


def _printable(text: str) -> str:
    """Text that keeps the spaces at its ends, which part it from its neighbours."""
    bare = one_line(text)
    lead = " " if text[:1].isspace() else ""
    trail = " " if bare and text[-1:].isspace() else ""
    return f"{lead}{bare}{trail}"


def hits_json(hits: Sequence[SearchHit]) -> str:
    """A list of objects, one a hit."""
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


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _json(items: list[dict[str, Any]]) -> str:
    return json.dumps(items, ensure_ascii=False, indent=1)
