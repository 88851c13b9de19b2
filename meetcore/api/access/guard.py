"""ASGI middleware in front of every page, route and socket, Streamlit's included.

It checks Host, Origin and Fetch Metadata, bounds bodies, and adds the security headers.
"""

from __future__ import annotations

import logging
import re
from contextlib import ExitStack
from dataclasses import dataclass

from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from meetcore.api.access.body_limits import BodyLimit, BodyLimits, BoundedBody
from meetcore.api.access.hosts import AllowedHosts, Authority, canonical
from meetcore.api.access.same_site import READS, RequestHeaders, check_request
from meetcore.api.access.security_headers import added_headers, content_policy
from meetcore.api.responses import UNEXPECTED, RefusedError, refusal
from meetcore.diagnostics.rules.browser import is_loopback
from meetcore.installation import command

logger = logging.getLogger(__name__)

NO_HOST = Authority("localhost", 80)
"""For the headers of an answer to a request whose Host cannot be read."""
LENGTH = re.compile("[0-9]{1,15}")
JSON_PATHS = ("/api/", "/uploads/")
"""Paths whose answers are JSON, refusals included."""
SOCKET_ANSWER = "websocket.http.response"
NOT_CONFIRMED = RefusedError(
    "Meetcore answers this machine alone. To open it to others, who need no password, start it with"
    f" `{command('run --host ADDRESS')}`.",
    403,
)


@dataclass(frozen=True, slots=True)
class AccessPolicy:
    """What the guard lets through.

    Parameters
    ----------
    scripts : CSP sources of the page's inline scripts
    local_only : connections that reach another address than loopback are refused
    """

    hosts: AllowedHosts
    limits: tuple[BodyLimit, ...]
    scripts: tuple[str, ...] = ()
    local_only: bool = False


class AccessGuard:
    """The middleware; one object for the whole app, on the server's event loop."""

    def __init__(self, app: ASGIApp, policy: AccessPolicy) -> None:
        self._app = app
        self._policy = policy
        self._limits = BodyLimits(policy.limits)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request or a socket, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = RequestHeaders.of(scope)
        try:
            if self._policy.local_only and not is_local(scope):
                raise NOT_CONFIRMED
            host = check_request(scope, headers, self._policy.hosts)
        except RefusedError as error:
            logger.warning("a request was refused: %s, status %d", scope["type"], error.status)
            await refuse(scope, receive, self._with_headers(scope, NO_HOST, send), error)
            return
        if scope["type"] == "websocket":
            await self._app(scope, receive, send)
        else:
            await self._answer(scope, receive, self._with_headers(scope, host, send), headers)

    async def _answer(
        self, scope: Scope, receive: Receive, send: Send, headers: RequestHeaders
    ) -> None:
        """Answer an HTTP request; an error that no route handles is logged and answered."""
        answer = _Answer(send)
        try:
            with ExitStack() as stack:
                body = self._body(scope, receive, headers, stack)
                answer.body = body
                body.refuse_announced()
                await self._app(scope, body, answer.send)
        except ClientDisconnect:
            return
        except RefusedError as error:
            if not answer.begun:
                await refuse(scope, receive, answer.send, error)
        except Exception:  # top of a request
            logger.exception("a request failed")
            if answer.begun:
                raise
            await refuse(scope, receive, answer.send, UNEXPECTED)

    def _body(
        self, scope: Scope, receive: Receive, headers: RequestHeaders, stack: ExitStack
    ) -> BoundedBody:
        """The request's body within its route's limits; its place is counted until it has come.

        Raises
        ------
        RefusedError
            A request that only reads has a body (400), or too many bodies are read (503).
        """
        limit = self._limits.limit(scope["path"])
        announced = _announced_length(headers)
        if announced != 0:
            if scope["method"] in READS:
                raise RefusedError("A request that reads has no body.", 400)
            client = scope.get("client") or ("", 0)
            stack.enter_context(self._limits.place(limit, client[0]))
        return BoundedBody(receive, limit, announced, on_end=stack.close)

    def _with_headers(self, scope: Scope, host: Authority, send: Send) -> Send:
        policy = content_policy(host, self._policy.scripts)

        async def answer(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                present = list(message.get("headers", ()))
                message = {**message, "headers": added_headers(scope["path"], policy, present)}
            await send(message)

        return answer


def is_local(scope: Scope) -> bool:
    """Whether the connection came to a loopback address, or through a socket file."""
    address, port = scope.get("server") or ("", None)
    return port is None or is_loopback(canonical(address))


class _Answer:
    """An ASGI `send` that closes the connection where a long body is left unread."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._closes = False
        self.begun = False
        self.body: BoundedBody | None = None

    async def send(self, message: Message) -> None:
        """Pass a message on; before the last one, read on for a moment where the body goes on."""
        if message["type"] == "http.response.start":
            self.begun = True
            if self.body is not None and self.body.has_long_rest:
                self._closes = True
                message = {
                    **message,
                    "headers": [*message.get("headers", ()), (b"connection", b"close")],
                }
        elif self._closes and self.body is not None and not message.get("more_body", False):
            await self._send({**message, "more_body": True})
            await self.body.linger()
            message = {"type": "http.response.body", "body": b"", "more_body": False}
        await self._send(message)


def _announced_length(headers: RequestHeaders) -> int | None:
    """Bytes of the body; None where it comes in chunks without a length."""
    if headers.all("transfer-encoding"):
        return None
    text = headers.one("content-length") or "0"
    if not LENGTH.fullmatch(text):
        raise RefusedError("This request's Content-Length is not a number.", 400)
    return int(text)


async def refuse(scope: Scope, receive: Receive, send: Send, error: RefusedError) -> None:
    """Answer with the sentence; a socket is refused before it is opened."""
    if scope["type"] == "websocket" and SOCKET_ANSWER not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008})
        return
    answer = (
        refusal(error).response()
        if scope["path"].startswith(JSON_PATHS)
        else PlainTextResponse(str(error), error.status)
    )
    answer.headers["cache-control"] = "no-store"
    await answer(scope, receive, send)
