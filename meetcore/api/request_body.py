"""Reads the id in a request's address, and its body with limits on length and silence."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from starlette.requests import ClientDisconnect, Request

from meetcore.api.responses import RefusedError
from meetcore.records import ID

SILENCE_S = 60.0
"""How long the next piece of a body may take."""


def path_id(request: Request, name: str = "id") -> str:
    """The id of a meeting or a voice in the request's address.

    Raises
    ------
    RefusedError
        It has another form than any id of ours.
    """
    found = str(request.path_params[name])
    if not ID.fullmatch(found):
        raise RefusedError("There is nothing at this address. Reload the page.", 404)
    return found


def query_id(request: Request, name: str) -> str | None:
    """The id of a tab in the request's query; None where there is none.

    Raises
    ------
    RefusedError
        It has another form than any id of ours.
    """
    found = request.query_params.get(name)
    if found is not None and not ID.fullmatch(found):
        raise RefusedError("This is not a request of this page. Reload the page.", 400)
    return found


async def json_body(request: Request, largest_bytes: int) -> bytes:
    """The body of a request that is sent as JSON.

    A page of another origin cannot send JSON without a preflight request, which no route answers.

    Raises
    ------
    RefusedError
        The content type is another one, the body is longer than `largest_bytes`, or it broke off.
    """
    if request.headers.get("content-type", "").split(";")[0] != "application/json":
        raise RefusedError("Changes are taken from Meetcore's own pages only.", 415)
    body, stream = bytearray(), request.stream()
    while (piece := await next_piece(stream)) is not None:
        body += piece
        if len(body) > largest_bytes:
            raise RefusedError("This is too long to be taken at once: shorten it.", 413)
    return bytes(body)


async def next_piece(stream: AsyncIterator[bytes]) -> bytes | None:
    """The next piece of a body; None at its end.

    Raises
    ------
    RefusedError
        The browser disconnected, or sent nothing for SILENCE_S; the request may be sent again.
    """
    try:
        async with asyncio.timeout(SILENCE_S):
            return await anext(stream, None)
    except TimeoutError as error:
        raise RefusedError("The connection was lost: try again.", 408) from error
    except ClientDisconnect as error:
        raise RefusedError("The connection was lost: try again.", 400) from error
