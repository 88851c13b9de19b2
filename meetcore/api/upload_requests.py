"""What a request for an upload says: the file's name, time, size, place, and its job's options."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request

from meetcore.api.asked_options import asked_upload
from meetcore.api.responses import RefusedError
from meetcore.records import JobOptions
from meetcore.text.names import shown_name
from meetcore.text.sizes import size_text

HEADER = "x-meetcore-upload"
"""JSON, percent-encoded: the file's name, its time, and the options of its job. A page of another
origin cannot send it without a preflight request, which no route answers."""
LARGEST_BYTES = 20 * 2**30


@dataclass(frozen=True, slots=True)
class Announcement:
    """The name of a file that is about to be sent, its last change, and the options of its job."""

    name: str
    options: JobOptions
    modified_at: datetime | None = None


def announcement(request: Request) -> Announcement:
    """The file's name, its time and the options, read from the request's header.

    Raises
    ------
    RefusedError
        The request does not come from our page, or its options are not valid.
    """
    kind = request.headers.get("content-type", "").split(";")[0]
    if kind != "application/octet-stream" or HEADER not in request.headers:
        raise RefusedError("Files are taken from the Upload page only.", 415)
    said = asked_upload(request.headers[HEADER])
    return Announcement(shown_name(said.name), said.options.record(), said.modified_at)


def offset(request: Request) -> int:
    """Where in the file the body begins; RefusedError where that is no number."""
    text = request.query_params.get("from", "0")
    if not re.fullmatch(r"[0-9]{1,15}", text):
        raise RefusedError("This is not an upload of this page: reload it.", 400)
    return int(text)


def announced_size(text: str) -> int:
    """The announced number of bytes.

    Raises
    ------
    RefusedError
        It is no number, zero, or more than LARGEST_BYTES.
    """
    if not re.fullmatch(r"[0-9]{1,15}", text):
        raise RefusedError("This is not a file: choose an audio or video file.", 411)
    size = int(text)
    if size == 0:
        raise RefusedError("This file is empty, or a folder: choose an audio or video file.", 422)
    if size > LARGEST_BYTES:
        raise RefusedError(
            f"This file is too large: {size_text(size)}, where {size_text(LARGEST_BYTES)} is the"
            " most. Save only its sound, or cut it in two.",
            413,
        )
    return size
