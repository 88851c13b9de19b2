"""The route a page's player reads a meeting's recording from; seeking needs HTTP ranges."""

from __future__ import annotations

from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from meetcore.errors import MeetcoreError
from meetcore.records import Meeting
from meetcore.transcript.formats.naming import file_stem
from pages.components import session

ROUTE = "/recordings/{meeting_id}"
DOWNLOAD = "download"
"""In the query: the answer is a file to keep, named by the meeting's title."""
MEDIA_TYPES = {
    ".flac": "audio/flac",
    ".wav": "audio/wav",
    ".opus": "audio/ogg",
    ".ogg": "audio/ogg",
}


def address(meeting: Meeting) -> str | None:
    """Where a player finds the recording, or None when there is none."""
    return f"/recordings/{meeting.id}" if recording_path(meeting) else None


def download_address(meeting: Meeting) -> str | None:
    """Where a browser fetches the recording as a file, or None when there is none."""
    found = address(meeting)
    return f"{found}?{DOWNLOAD}" if found else None


def recording_path(meeting: Meeting) -> Path | None:
    """The recording's file, if the meeting has one that a browser plays."""
    if not meeting.audio_path:
        return None
    path = session.settings().recordings_dir / meeting.audio_path
    return path if path.suffix in MEDIA_TYPES and path.is_file() else None


async def serve(request: Request) -> Response:
    """Send the recording of one meeting; Starlette's FileResponse answers Range requests."""
    try:
        meeting = await run_in_threadpool(
            session.service().store.get, request.path_params["meeting_id"]
        )
    except MeetcoreError as error:
        return PlainTextResponse(str(error), status_code=404)
    path = recording_path(meeting)
    if path is None:
        return PlainTextResponse("This meeting has no recording to play.", status_code=404)
    name = f"{file_stem(meeting.title)}{path.suffix}" if DOWNLOAD in request.query_params else None
    return FileResponse(path, media_type=MEDIA_TYPES[path.suffix], filename=name)
