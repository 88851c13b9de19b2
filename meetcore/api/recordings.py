"""GET /recordings/{meeting_id}: a meeting's recording, to play or to download."""

from __future__ import annotations

from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from meetcore.api.get_service import GetService, require_service
from meetcore.api.request_body import path_id
from meetcore.api.responses import status_of
from meetcore.errors import MeetcoreError
from meetcore.records import Meeting
from meetcore.text.names import file_stem

ROUTE = "/recordings/{meeting_id}"
DOWNLOAD = "download"
"""Query parameter: the browser saves the file, named by the meeting's title."""
MEDIA_TYPES = {
    ".flac": "audio/flac",
    ".wav": "audio/wav",
    ".opus": "audio/ogg",
    ".ogg": "audio/ogg",
}


def address(meeting: Meeting, recordings_dir: Path) -> str | None:
    """Where a player finds the recording, or None when there is none."""
    return f"/recordings/{meeting.id}" if recording_path(meeting, recordings_dir) else None


def download_address(meeting: Meeting, recordings_dir: Path) -> str | None:
    """Where a browser fetches the recording as a file, or None when there is none."""
    found = address(meeting, recordings_dir)
    return f"{found}?{DOWNLOAD}" if found else None


def recording_path(meeting: Meeting, recordings_dir: Path) -> Path | None:
    """The recording's file, if the meeting has one that a browser plays."""
    if not meeting.audio_path:
        return None
    path = recordings_dir / meeting.audio_path
    return path if path.suffix in MEDIA_TYPES and path.is_file() else None


def routes(service: GetService) -> list[Route]:
    """GET gives a recording."""

    async def serve(request: Request) -> Response:
        return await run_in_threadpool(answer, service, request)

    return [Route(ROUTE, serve, methods=["GET", "HEAD"])]


def answer(get_service: GetService, request: Request) -> Response:
    """The recording of one meeting; Range requests, which seeking needs, are answered too."""
    try:
        service = require_service(get_service)
        meeting = service.store.get(path_id(request, "meeting_id"))
    except MeetcoreError as error:
        return PlainTextResponse(str(error), status_code=status_of(error))
    path = recording_path(meeting, service.recordings_dir)
    if path is None:
        return PlainTextResponse("This meeting has no recording to play.", status_code=404)
    name = f"{file_stem(meeting.title)}{path.suffix}" if DOWNLOAD in request.query_params else None
    return FileResponse(path, media_type=MEDIA_TYPES[path.suffix], filename=name)
