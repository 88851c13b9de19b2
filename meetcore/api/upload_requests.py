"""What a request for an upload says: the file's name, time, size, place, and its job's options."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import unquote

from pydantic import Field, ValidationError
from starlette.requests import Request

from meetcore.api.asked_options import AskedOptions
from meetcore.api.change_endpoints import Body
from meetcore.api.responses import RefusedError
from meetcore.records import JobOptions
from meetcore.text.names import shown_name
from meetcore.text.sizes import size_text

HEADER = "x-meetcore-upload"
"""JSON, percent-encoded: the file's name, its time, and the options of its job. A page of another
origin cannot send it without a preflight request, which no route answers."""
LARGEST_BYTES = 20 * 2**30
LONGEST_PATH = 4096
"""Characters of a file's name as a browser may send it."""


class AskedUpload(Body):
    """The JSON of the header."""

    name: Annotated[str, Field(max_length=LONGEST_PATH)]
    modified: Annotated[float, Field(allow_inf_nan=False)] | None = None
    options: AskedOptions = AskedOptions()


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
    try:
        said = AskedUpload.model_validate_json(unquote(request.headers[HEADER]))
    except ValidationError as error:
        raise RefusedError("The upload's options make no sense: reload the page.", 422) from error
    return Announcement(shown_name(said.name), said.options.record(), point_in_time(said.modified))


def offset(request: Request) -> int:
    """Where in the file the body begins; RefusedError where that is no number."""
    text = request.query_params.get("from", "0")
    if not re.fullmatch(r"[0-9]{1,15}", text):
        raise RefusedError("This is not an upload of this page: reload it.", 400)
    return int(text)


def point_in_time(modified_ms: float | None) -> datetime | None:
    """The file's last change as a browser gives it, in milliseconds since 1970."""
    try:
        return None if modified_ms is None else datetime.fromtimestamp(modified_ms / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


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
