"""Request bodies of JSON, bounded while they are read."""

from __future__ import annotations

from starlette.requests import Request

from meetcore.api.responses import RefusedError


async def json_body(request: Request, largest_bytes: int) -> bytes:
    """The body of a request that is sent as JSON.

    A page of another origin cannot send JSON without a preflight request, which no route answers.

    Raises
    ------
    RefusedError
        The content type is another one, or the body is longer than `largest_bytes`.
    """
    if request.headers.get("content-type", "").split(";")[0] != "application/json":
        raise RefusedError("Changes are taken from Meetcore's own pages only.", 415)
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > largest_bytes:
            raise RefusedError("This is too long to be taken at once: shorten it.", 413)
    return bytes(body)
