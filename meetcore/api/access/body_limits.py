"""Limits on request bodies while they are read: length, speed, and how many at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from starlette.types import Message, Receive

from meetcore.api.responses import RefusedError

FIRST_WAIT_S = 30.0
"""Longest wait for a request body, in seconds; added to the time that its length allows."""
SLOWEST_BYTES_PER_S = 1024
"""Each so many bytes allow another second of waiting."""
LINGER_S = 5.0
LINGER_BYTES = 2**25
"""How long, and how much, is still read after an early answer, so that the client sees it."""
SMALL_REST_BYTES = 2**20
CLIENT_SHARE = 4
"""One client may take up this fraction of a route's places."""


@dataclass(frozen=True, slots=True)
class BodyLimit:
    """What the bodies of some routes may be.

    Parameters
    ----------
    prefix : of the routes' paths
    most_at_once : bodies that are read at the same time
    """

    prefix: str
    largest_bytes: int
    most_at_once: int = 64


OTHER_ROUTES = BodyLimit("", 2**16)


class BodyLimits:
    """The limits of all routes, and how many bodies are being read; for one event loop."""

    def __init__(self, limits: Sequence[BodyLimit]) -> None:
        self._limits = tuple(limits)
        self._reading: Counter[tuple[BodyLimit, str]] = Counter()

    def limit(self, path: str) -> BodyLimit:
        """The limit of a path: the first whose prefix fits."""
        fitting = (limit for limit in self._limits if path.startswith(limit.prefix))
        return next(fitting, OTHER_ROUTES)

    @contextmanager
    def place(self, limit: BodyLimit, client: str) -> Iterator[None]:
        """Count a body while the block runs.

        Raises
        ------
        RefusedError
            Too many are read already, of all clients or of this one; try again later.
        """
        together = sum(count for (each, _), count in self._reading.items() if each == limit)
        mine = self._reading[limit, client]
        share = max(2, limit.most_at_once // CLIENT_SHARE)
        if together >= limit.most_at_once or mine >= share:
            raise RefusedError("Meetcore is receiving too much at once: try again.", 503)
        self._reading[limit, client] += 1
        try:
            yield
        finally:
            self._reading[limit, client] -= 1
            if not self._reading[limit, client]:
                del self._reading[limit, client]


class BoundedBody:
    """An ASGI `receive` that refuses a body that is too long or too slow.

    Parameters
    ----------
    announced : the Content-Length, None where the body comes without one
    on_end : called when all of it has come
    """

    def __init__(
        self,
        receive: Receive,
        limit: BodyLimit,
        announced: int | None,
        on_end: Callable[[], None] = lambda: None,
    ) -> None:
        self._on_end = on_end
        self._receive = receive
        self._limit = limit
        self._announced = announced
        self._received = 0
        self._waited_s = 0.0
        self.ended = announced == 0

    @property
    def has_long_rest(self) -> bool:
        """Whether more is to come than is read away in passing."""
        if self.ended:
            return False
        return self._announced is None or self._announced - self._received > SMALL_REST_BYTES

    async def __call__(self) -> Message:
        """The next message of the request.

        Raises
        ------
        RefusedError
            More came than the route takes (413), or too slowly (408).
        """
        if self.ended:
            return await self._receive()
        message = await self._next(
            FIRST_WAIT_S + self._received / SLOWEST_BYTES_PER_S - self._waited_s
        )
        if self._received > self._limit.largest_bytes:
            raise too_long()
        return message

    def refuse_announced(self) -> None:
        """Raise RefusedError (413) where the announced length is more than the route takes."""
        if self._announced is not None and self._announced > self._limit.largest_bytes:
            raise too_long()

    async def linger(self) -> None:
        """Read on for a moment and drop what comes: a closed connection would lose the answer."""
        most, deadline = self._received + LINGER_BYTES, self._waited_s + LINGER_S
        try:
            while not self.ended and self._received < most:
                await self._next(deadline - self._waited_s)
        except RefusedError:
            return

    async def _next(self, longest_s: float) -> Message:
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            async with asyncio.timeout(max(0.0, longest_s)):
                message = await self._receive()
        except TimeoutError as error:
            raise RefusedError("The connection was too slow: try again.", 408) from error
        finally:
            self._waited_s += loop.time() - began
        self._received += len(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body", False):
            self.ended = True
            self._on_end()
        return message


def too_long() -> RefusedError:
    """The refusal of a body that is longer than its route takes."""
    return RefusedError("This is too long to be taken at once: shorten it.", 413)
