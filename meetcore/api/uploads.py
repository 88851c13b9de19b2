"""GET and POST /uploads/{upload_id}: writes a media file to disk and queues its job.

The route queues the job, not the page, so that an upload counts when its tab is closed meanwhile.
"""

from __future__ import annotations

import logging
import re
import shutil
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from meetcore.api.asked_options import asked_upload
from meetcore.api.get_service import GetService, require_service
from meetcore.api.request_body import next_piece
from meetcore.api.responses import RefusedError, refusal
from meetcore.errors import MeetcoreError
from meetcore.records import JobOptions
from meetcore.text.names import shown_name
from meetcore.text.sizes import size_text

logger = logging.getLogger(__name__)

ROUTE = "/uploads/{upload_id}"
HEADER = "x-meetcore-upload"
"""JSON, percent-encoded: the file's name and the options of its job. A page of another origin
cannot send it without a preflight request, which no route answers."""
LARGEST_BYTES = 20 * 2**30
RESERVE_BYTES = 512 * 2**20
"""Kept free on the disk for running recordings and for decoding the upload."""
WRITE_BYTES = 2**20
STALE_S = 900.0
SIZE = re.compile("[0-9]{1,15}")
PART = ".part"


@dataclass(frozen=True, slots=True)
class Announcement:
    """The name of a file that is about to be sent, and the options of its job."""

    name: str
    options: JobOptions


def routes(service: GetService) -> list[Route]:
    """GET says whether a file would be taken, or was; POST sends it."""
    return [Route(ROUTE, UploadRoute(service).answer, methods=["GET", "POST"])]


class UploadRoute:
    """Writes uploads to disk and queues their jobs; called on the server's event loop."""

    def __init__(self, service: GetService) -> None:
        self._service = service
        self._arrived: dict[str, str] = {}
        """Meeting ids by upload id, for a browser that lost the answer and asks again."""
        self._arriving: set[str] = set()

    async def answer(self, request: Request) -> Response:
        """GET: whether the file would be taken, or was; POST: the file itself."""
        upload_id = request.path_params["upload_id"]
        try:
            if not re.fullmatch(r"[0-9a-f]{16,64}", upload_id):
                raise RefusedError("This is not an upload of this page: reload it.", 404)
            if request.method != "POST":
                return await run_in_threadpool(self.preflight, request, upload_id)
            return JSONResponse({"meeting": await self.take(request, upload_id)})
        except MeetcoreError as error:
            if not isinstance(error, RefusedError):
                logger.warning("an upload was not taken: %s", type(error).__name__)
            return refusal(error).response()

    def preflight(self, request: Request, upload_id: str) -> Response:
        """The meeting the upload has become, else None.

        Raises
        ------
        RefusedError
            The file would not be taken (see `refuse_size`), or the service cannot start.
        """
        if upload_id not in self._arrived:
            refuse_size(request.query_params.get("bytes", ""), self.folder())
        return JSONResponse({"meeting": self._arrived.get(upload_id)})

    async def take(self, request: Request, upload_id: str) -> str:
        """Write the body to disk and queue its job; gives the meeting's id.

        Raises
        ------
        RefusedError
            The request does not come from our page, is too large, or broke off; nothing is left
            on the disk.
        """
        announced = announcement(request)
        await run_in_threadpool(self.check, announced.options)
        length = request.headers.get("content-length", "")
        folder = await run_in_threadpool(self.folder)
        size = await run_in_threadpool(refuse_size, length, folder)
        if upload_id in self._arrived:
            return self._arrived[upload_id]
        if upload_id in self._arriving:
            raise RefusedError("This file is on its way already.", 409)
        self._arriving.add(upload_id)
        part = folder / f"{upload_id}{PART}"
        try:
            await run_in_threadpool(self.sweep)
            await write(request.stream(), part, size)
            self._arrived[upload_id] = await run_in_threadpool(self.hand_over, part, announced)
        except OSError as error:
            logger.warning("an upload could not be written: %s", error.strerror)
            raise RefusedError(
                "The file could not be saved. Check the free space of the data folder,"
                " then try again.",
                507,
            ) from error
        finally:
            self._arriving.discard(upload_id)
            part.unlink(missing_ok=True)
        return self._arrived[upload_id]

    def check(self, options: JobOptions) -> None:
        """Raise ModelUnavailableError where the weight cannot write the language."""
        require_service(self._service).checked_options(options)

    def folder(self) -> Path:
        """Where uploads are written; RefusedError (503) where the service cannot start."""
        return require_service(self._service).uploads_dir

    def hand_over(self, part: Path, announced: Announcement) -> str:
        """Move a complete file into the store and queue its job; gives the meeting's id."""
        whole = part.with_suffix("")
        part.rename(whole)
        try:
            return require_service(self._service).import_file(
                whole, announced.name, announced.options
            )
        finally:
            whole.unlink(missing_ok=True)

    def sweep(self) -> None:
        """Delete partial files that uploads to an earlier server process left."""
        now = time.time()
        for part in self.folder().glob(f"*{PART}"):
            if part.stem not in self._arriving and now - part.stat().st_mtime > STALE_S:
                part.unlink(missing_ok=True)


def announcement(request: Request) -> Announcement:
    """The file's name and the options, read from the request's header.

    Raises
    ------
    RefusedError
        The request does not come from our page, or its options are not valid.
    """
    kind = request.headers.get("content-type", "").split(";")[0]
    if kind != "application/octet-stream" or HEADER not in request.headers:
        raise RefusedError("Files are taken from the Upload page only.", 415)
    said = asked_upload(request.headers[HEADER])
    return Announcement(shown_name(said.name), said.options.record())


def refuse_size(text: str, folder: Path) -> int:
    """The announced number of bytes.

    Raises
    ------
    RefusedError
        It is zero, more than LARGEST_BYTES, or more than there is room for on the disk.
    """
    if not SIZE.fullmatch(text):
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
    free = shutil.disk_usage(folder).free
    if size + RESERVE_BYTES > free:
        raise RefusedError(
            f"There is no space left for this file: it needs {size_text(size + RESERVE_BYTES)},"
            f" and {size_text(free)} are free. Delete something, then try again.",
            507,
        )
    return size


async def write(stream: AsyncIterator[bytes], part: Path, size: int) -> None:
    """Write the body to the file, a megabyte at a time, on threads.

    Raises
    ------
    RefusedError
        More or fewer bytes came than announced.
    """
    file = await run_in_threadpool(part.open, "wb")
    written, waiting = 0, bytearray()
    try:
        while (chunk := await next_piece(stream)) is not None:
            written += len(chunk)
            if written > size:
                raise RefusedError("More came than was announced: try again.", 400)
            waiting += chunk
            if len(waiting) >= WRITE_BYTES:
                await run_in_threadpool(file.write, bytes(waiting))
                waiting.clear()
        await run_in_threadpool(finish, file, bytes(waiting))
    finally:
        file.close()
    if written != size:
        raise RefusedError("The connection was lost: try again.", 400)


def finish(file: BinaryIO, rest: bytes) -> None:
    """Write the last bytes and flush, so that a full disk raises OSError here."""
    file.write(rest)
    file.flush()
