"""WebRTC route of the connection test; audio is measured, not stored.

Addresses and names stay out of the log; the browser shows the figures.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections import deque

import numpy as np
from aiortc import MediaStreamTrack, RTCDataChannel, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from meetcore.api.responses import RefusedError
from meetcore.audio.frames import Frame, FrameConverter
from meetcore.audio.level import SILENCE_DB, level_db
from meetcore.audio.pcm import Pcm, to_samples
from meetcore.errors import AudioDecodeError
from meetcore.settings import Settings
from pages.http.offers import read_offer, rtc_configuration
from pages.shared import process

logger = logging.getLogger(__name__)

ROUTE = "/loopback"
LONGEST_S = 30.0
"""A test ends after so many seconds, if the browser does not end it."""
MOST_OPEN = 32
MOST_OF_A_CLIENT = 4
"""A client that opens more loses its oldest test, and takes nobody else's place."""
ANSWER_TIMEOUT_S = 15.0
LONGEST_PING = 40
LEVEL_FRAMES = 5
"""The level is that of so many frames of 20 ms."""

tests: dict[tuple[str, str], ConnectionTest] = {}
"""The open test of each client's address and tab, oldest first; a new one of a tab replaces it."""


class ConnectionTest:
    """One peer: it receives audio and answers each ping on a data channel with its figures.

    All methods run on the server's event loop.
    """

    def __init__(self, settings: Settings) -> None:
        self._peer = RTCPeerConnection(rtc_configuration(settings))
        self._converter = FrameConverter()
        self._recent: deque[Pcm] = deque(maxlen=LEVEL_FRAMES)
        self._work: list[asyncio.Task[None]] = []
        self.frames = 0
        self.sample_rate = 0
        self._peer.on("track", self._receive)
        self._peer.on("datachannel", self._open_channel)
        self._peer.on("connectionstatechange", self._check_state)

    @property
    def ended(self) -> bool:
        """Whether the connection is over."""
        return self._peer.connectionState == "closed"

    async def answer(self, sdp: str, kind: str) -> RTCSessionDescription:
        """The answer to an offer; it holds all addresses of this machine. Starts the time limit."""
        self._work.append(asyncio.create_task(self._expire()))
        await self._peer.setRemoteDescription(RTCSessionDescription(sdp, kind))
        await self._peer.setLocalDescription(await self._peer.createAnswer())
        return self._peer.localDescription

    async def close(self) -> None:
        """Close the connection; idempotent."""
        current = asyncio.current_task()
        for task in self._work:
            if task is not current:
                task.cancel()
        await self._peer.close()

    def figures(self) -> dict[str, float | int]:
        """Frames received so far, the level now (dBFS), and the sample rate (Hz)."""
        recent = to_samples(np.concatenate(self._recent)) if self._recent else None
        level = SILENCE_DB if recent is None else level_db(recent)
        return {"frames": self.frames, "level": round(level, 1), "rate": self.sample_rate}

    async def _expire(self) -> None:
        await asyncio.sleep(LONGEST_S)
        await self.close()

    def _receive(self, track: MediaStreamTrack) -> None:
        self._work.append(asyncio.create_task(self._count(track)))

    async def _count(self, track: MediaStreamTrack) -> None:
        # recv raises this when the connection ends.
        with contextlib.suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                if not isinstance(frame, Frame):
                    continue
                self.frames += 1
                self.sample_rate = frame.sample_rate
                with contextlib.suppress(AudioDecodeError):
                    self._recent.append(self._converter.convert(frame))

    def _open_channel(self, channel: RTCDataChannel) -> None:
        def reply(ping: object) -> None:
            if isinstance(ping, str) and len(ping) <= LONGEST_PING:
                channel.send(json.dumps({"ping": ping, **self.figures()}))

        channel.on("message", reply)

    async def _check_state(self) -> None:
        if self._peer.connectionState in ("failed", "closed"):
            await self.close()


async def connect(request: Request) -> Response:
    """Answer a browser's offer and begin its test."""
    try:
        offer = await read_offer(request)
    except RefusedError as error:
        return PlainTextResponse(str(error), error.status)
    key = (request.client.host if request.client else "", offer.tab)
    await make_room(key)
    if len(tests) >= MOST_OPEN:
        return PlainTextResponse("Other tests are open; try again in half a minute.", 429)
    test = tests[key] = ConnectionTest(process.settings())
    try:
        answer = await asyncio.wait_for(test.answer(offer.sdp, offer.type), ANSWER_TIMEOUT_S)
        if "m=audio" not in answer.sdp or "m=application" not in answer.sdp:
            raise ValueError("the offer has no audio or no data channel")
    except Exception as error:  # a broken offer fails anywhere inside aiortc
        logger.warning("a connection test could not begin: %s", type(error).__name__)
        tests.pop(key, None)
        await test.close()
        return PlainTextResponse("The offer could not be answered.", status_code=400)
    return JSONResponse({"sdp": answer.sdp, "type": answer.type})


async def make_room(key: tuple[str, str]) -> None:
    """Close this tab's test and the client's oldest ones, and drop those that are over."""
    over = [each for each, test in tests.items() if each == key or test.ended]
    mine = [each for each in tests if each[0] == key[0] and each not in over]
    for each in [*over, *mine[: len(mine) - MOST_OF_A_CLIENT + 1]]:
        await tests.pop(each).close()
