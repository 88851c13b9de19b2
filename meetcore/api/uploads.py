"""/uploads/{upload_id}: writes a media file to disk and queues its job.

The route queues the job, not the page, so that an upload counts when its tab is closed meanwhile.
"""

from __future__ import annotations

import contextlib
import logging
import re
from collections import OrderedDict
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from meetcore.api.get_service import GetService, require_service
from meetcore.api.request_body import next_piece
from meetcore.api.responses import RefusedError, refusal
from meetcore.api.upload_requests import HEADER, announced_size, announcement, offset
from meetcore.errors import MeetcoreError
from meetcore.records import JobOptions
from meetcore.service.disk_space import Reservation
from meetcore.service.uploads import UploadFolder

logger = logging.getLogger(__name__)

ROUTE = "/uploads/{upload_id}"
WRITE_BYTES = 2**20
KEPT_ANSWERS = 1000
"""Uploads whose meeting is known; a browser asks again within minutes, not after so many others."""


def routes(service: GetService) -> list[Route]:
    """GET says whether a file would be taken, or was; POST sends it; DELETE gives it up."""
    return [Route(ROUTE, UploadRoute(service).answer, methods=["GET", "POST", "DELETE"])]


class UploadRoute:
    """Writes uploads to disk and queues their jobs; called on the server's event loop."""

    def __init__(self, service: GetService) -> None:
        self._service = service
        self._arrived: OrderedDict[str, str] = OrderedDict()
        """Meeting ids by upload id, for a browser that lost the answer and asks again."""
        self._arriving: set[str] = set()

    async def answer(self, request: Request) -> Response:
        """The response to any request for an upload."""
        upload_id = request.path_params["upload_id"]
        try:
            if not re.fullmatch(r"[0-9a-f]{16,64}", upload_id):
                raise RefusedError("This is not an upload of this page: reload it.", 404)
            if request.method == "POST":
                return JSONResponse({"meeting": await self.take(request, upload_id)})
            if request.method == "DELETE":
                return await run_in_threadpool(self.give_up, request, upload_id)
            return await run_in_threadpool(self.preflight, request, upload_id)
        except MeetcoreError as error:
            if not isinstance(error, RefusedError):
                logger.warning("an upload was not taken: %s", type(error).__name__)
            return refusal(error).response()

    def preflight(self, request: Request, upload_id: str) -> Response:
        """The meeting that the upload has become, or the number of its bytes that are here.

        Raises
        ------
        RefusedError, NoSpaceError
            The file would not be taken, or the service cannot start.
        """
        if (meeting := self._arrived.get(upload_id)) is not None:
            return JSONResponse({"meeting": meeting, "received": 0})
        size = announced_size(request.query_params.get("bytes", ""))
        uploads = self.uploads()
        received = uploads.received(upload_id)
        received = received if received <= size else 0
        uploads.space.refuse(size - received)
        return JSONResponse({"meeting": None, "received": received})

    def give_up(self, request: Request, upload_id: str) -> Response:
        """Delete what has arrived of an upload that was cancelled."""
        if HEADER not in request.headers:
            raise RefusedError("Files are taken from the Upload page only.", 415)
        self.uploads().part(upload_id).unlink(missing_ok=True)
        return JSONResponse({})

    async def take(self, request: Request, upload_id: str) -> str:
        """Write the body to disk and queue its job; gives the meeting's id.

        `from` in the address is the number of bytes that an earlier request has brought.

        Raises
        ------
        RefusedError, NoSpaceError
            The request does not come from our page, is too large, or broke off. What has arrived
            is kept for a day, so that the next request goes on there.
        AudioDecodeError
            The file cannot be read; nothing is kept.
        """
        announced = announcement(request)
        await run_in_threadpool(self.check, announced.options)
        first = offset(request)
        uploads = await run_in_threadpool(self.uploads)
        length = request.headers.get("content-length", "")
        size = announced_size(str(first + int(length)) if length.isdecimal() else length)
        if upload_id in self._arrived:
            return self._arrived[upload_id]
        if upload_id in self._arriving:
            # The server may notice late that the connection before has ended.
            raise RefusedError("This file is on its way already. Wait a moment.", 429)
        self._arriving.add(upload_id)
        try:
            await run_in_threadpool(uploads.sweep)
            await self.receive(request, uploads, upload_id, first, size)
            part = uploads.part(upload_id)
            taken = await run_in_threadpool(
                uploads.take, part, announced.name, announced.options, announced.modified_at
            )
        except OSError as error:
            logger.warning("an upload could not be written: %s", error.strerror)
            raise RefusedError(
                "The file could not be saved. Check the free space of the data folder,"
                " then try again: it goes on where it stopped.",
                507,
            ) from error
        finally:
            self._arriving.discard(upload_id)
        self._arrived[upload_id] = taken
        while len(self._arrived) > KEPT_ANSWERS:
            self._arrived.popitem(last=False)
        return taken

    def check(self, options: JobOptions) -> None:
        """Raise ModelUnavailableError where the weight cannot write the language."""
        require_service(self._service).checked_options(options)

    async def receive(
        self, request: Request, uploads: UploadFolder, upload_id: str, first: int, size: int
    ) -> None:
        """Write the body behind the first bytes of the file, in space that is reserved for it."""
        if first > await run_in_threadpool(uploads.received, upload_id):
            raise RefusedError("The beginning of this file is gone: send it again.", 409)
        with contextlib.ExitStack() as stack:
            reserving = uploads.space.reserved(size - first)
            reservation = await run_in_threadpool(stack.enter_context, reserving)
            await write(request.stream(), uploads.part(upload_id), first, size, reservation)

    def uploads(self) -> UploadFolder:
        """Where uploads are written; RefusedError (503) where the service cannot start."""
        return require_service(self._service).uploads


async def write(
    stream: AsyncIterator[bytes], part: Path, first: int, size: int, reservation: Reservation
) -> None:
    """Write the body to the file from byte `first` on, a megabyte at a time, on threads.

    Raises
    ------
    RefusedError
        More or fewer bytes came than announced. What came is kept in the latter case.
    NoSpaceError
        The disk has filled meanwhile; what came is kept.
    """
    file = await run_in_threadpool(opened, part, first)
    written, waiting = first, bytearray()

    def save(piece: bytes) -> None:
        file.write(piece)
        file.flush()  # a full disk raises OSError here
        reservation.written(len(piece))

    try:
        while (chunk := await next_piece(stream)) is not None:
            written += len(chunk)
            if written > size:
                part.unlink(missing_ok=True)
                raise RefusedError("More came than was announced: choose the file again.", 400)
            waiting += chunk
            if len(waiting) >= WRITE_BYTES:
                await run_in_threadpool(save, bytes(waiting))
                waiting.clear()
        await run_in_threadpool(save, bytes(waiting))
    finally:
        with contextlib.suppress(OSError):
            await run_in_threadpool(file.close)
    if written != size:
        raise RefusedError("The connection was lost: try again.", 408)


def opened(part: Path, first: int) -> BinaryIO:
    """The file of an upload, private, cut to its first bytes and ready for the next ones."""
    part.touch(mode=0o600)
    file = part.open("r+b")
    file.truncate(first)
    file.seek(first)
    return file
