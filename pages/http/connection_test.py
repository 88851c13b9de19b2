"""The route of the connection test: an offer in, an answer out, and a peer that counts and forgets.

Addresses, names and sound stay out of the log: the browser shows its owner what there is to see.
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

from meetcore.audio.frames import Frame, FrameConverter
from meetcore.audio.level import SILENCE_DB, level_db
from meetcore.audio.pcm import Pcm, to_samples
from meetcore.errors import AudioDecodeError
from meetcore.settings import Settings
from pages.http import microphone
from pages.shared import process

logger = logging.getLogger(__name__)

ROUTE = "/loopback"
LONGEST_S = 30.0
"""A test that nobody hangs up ends after so many seconds."""
MOST_OPEN = 4
ANSWER_TIMEOUT_S = 15.0
LONGEST_OFFER = 100_000
LONGEST_PING = 40
LEVEL_FRAMES = 5
"""Frames of 20 ms whose level is told."""

tests: dict[str, ConnectionTest] = {}
"""The open test of each tab; a tab that begins another drops the one before."""


class ConnectionTest:
    """One peer: hears a track, and answers each ping on a data channel with what it heard.

    Lives on the server's loop.
    """

    def __init__(self, settings: Settings) -> None:
        self._peer = RTCPeerConnection(microphone.rtc_configuration(settings))
        self._converter = FrameConverter()
        self._recent: deque[Pcm] = deque(maxlen=LEVEL_FRAMES)
        self._work: list[asyncio.Task[None]] = []
        self.frames = 0
        self.sample_rate = 0
        self._peer.on("track", self._hear)
        self._peer.on("datachannel", self._talk)
        self._peer.on("connectionstatechange", self._look)

    @property
    def ended(self) -> bool:
        """Whether the connection is over."""
        return self._peer.connectionState == "closed"

    async def answer(self, sdp: str, kind: str) -> RTCSessionDescription:
        """The answer to an offer, with all addresses of this machine; starts the clock."""
        self._work.append(asyncio.create_task(self._expire()))
        await self._peer.setRemoteDescription(RTCSessionDescription(sdp, kind))
        await self._peer.setLocalDescription(await self._peer.createAnswer())
        return self._peer.localDescription

    async def close(self) -> None:
        """Hang up; idempotent."""
        current = asyncio.current_task()
        for task in self._work:
            if task is not current:
                task.cancel()
        await self._peer.close()

    def figures(self) -> dict[str, float | int]:
        """What was heard so far, and how loud it is now."""
        recent = to_samples(np.concatenate(self._recent)) if self._recent else None
        level = SILENCE_DB if recent is None else level_db(recent)
        return {"frames": self.frames, "level": round(level, 1), "rate": self.sample_rate}

    async def _expire(self) -> None:
        await asyncio.sleep(LONGEST_S)
        await self.close()

    def _hear(self, track: MediaStreamTrack) -> None:
        self._work.append(asyncio.create_task(self._count(track)))

    async def _count(self, track: MediaStreamTrack) -> None:
        # The track ends with the connection; that is the end of the test, not a fault.
        with contextlib.suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                if not isinstance(frame, Frame):
                    continue
                self.frames += 1
                self.sample_rate = frame.sample_rate
                with contextlib.suppress(AudioDecodeError):
                    self._recent.append(self._converter.convert(frame))

    def _talk(self, channel: RTCDataChannel) -> None:
        def reply(ping: object) -> None:
            if isinstance(ping, str) and len(ping) <= LONGEST_PING:
                channel.send(json.dumps({"ping": ping, **self.figures()}))

        channel.on("message", reply)

    async def _look(self) -> None:
        if self._peer.connectionState in ("failed", "closed"):
            await self.close()


async def connect(request: Request) -> Response:
    """Answer a browser's offer; see signalling.connect for why only JSON is read."""
    if request.headers.get("content-type", "").split(";")[0] != "application/json":
        return PlainTextResponse("Send the offer as application/json.", status_code=415)
    try:
        offer = json.loads(await bounded_body(request))
        sdp, kind, tab = (str(offer[name]) for name in ("sdp", "type", "tab"))
    except (ValueError, TypeError, KeyError):
        return PlainTextResponse("The offer cannot be read.", status_code=400)
    await forget_ended(tab)
    if len(tests) >= MOST_OPEN:
        return PlainTextResponse("Other tests are open; try again in half a minute.", 429)
    test = tests[tab] = ConnectionTest(process.settings())
    try:
        answer = await asyncio.wait_for(test.answer(sdp, kind), ANSWER_TIMEOUT_S)
        if "m=audio" not in answer.sdp or "m=application" not in answer.sdp:
            raise ValueError("no sound or no channel for its figures")
    except Exception as error:  # a broken offer fails anywhere inside aiortc
        logger.warning("a connection test could not begin: %s", type(error).__name__)
        tests.pop(tab, None)
        await test.close()
        return PlainTextResponse("The offer could not be answered.", status_code=400)
    return JSONResponse({"sdp": answer.sdp, "type": answer.type})


async def bounded_body(request: Request) -> bytes:
    """A request's body; a ValueError when it is longer than any offer is."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > LONGEST_OFFER:
            raise ValueError("too long for an offer")
    return body


async def forget_ended(tab: str) -> None:
    """Let go of tests that are over, and of this tab's last one."""
    for name in [name for name, test in tests.items() if name == tab or test.ended]:
        await tests.pop(name).close()
