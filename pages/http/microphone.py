"""Keeps each tab's microphone connection; its frames go to `LiveMeeting.offer`.

streamlit-webrtc's worker holds the connection; its sink hands each frame, in order, to the meeting.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable
from typing import Any, Protocol

from aiortc.contrib.media import MediaRelay
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from streamlit_webrtc import AudioSinkTrack, WebRtcMode
from streamlit_webrtc.webrtc import WebRtcWorker

from meetcore.api.get_service import require_service
from meetcore.api.request_body import path_id
from meetcore.api.responses import RefusedError
from meetcore.audio.frames import Frame
from meetcore.settings import Settings
from pages.http.offers import read_offer, rtc_configuration
from pages.shared import process

logger = logging.getLogger(__name__)

ROUTE = "/microphone/{meeting_id}"
ANSWER_TIMEOUT_S = 10.0

connections: dict[str, WebRtcWorker[Any, Any]] = {}
"""The connection of each tab; a new connection of a tab replaces the one before."""
numbers = itertools.count(1)
"""A number for each connection: its timestamps begin anew."""


class FrameSink(Protocol):
    """A running meeting, as far as it takes frames."""

    def offer(self, frame: Frame, source: str, connection: int = 0) -> None: ...


async def connect(request: Request) -> Response:
    """Answer a browser's offer; its frames go to the meeting until the browser disconnects."""
    try:
        service = await run_in_threadpool(require_service, process.service)
        live = service.live(path_id(request, "meeting_id"))
        if live is None:
            return PlainTextResponse("This meeting is not running.", status_code=404)
        offer = await read_offer(request)
    except RefusedError as error:
        return PlainTextResponse(str(error), status_code=error.status)
    loop = asyncio.get_running_loop()
    try:
        worker = await run_in_threadpool(make_worker, process.settings(), live, offer.tab, loop)
        answer = await run_in_threadpool(
            worker.process_offer, offer.sdp, offer.type, ANSWER_TIMEOUT_S
        )
    except Exception as error:  # a broken offer fails anywhere inside aiortc; the browser retries
        logger.warning("a microphone could not connect: %s", type(error).__name__)
        return PlainTextResponse("The offer could not be answered.", status_code=400)
    if "m=audio" not in answer.sdp:
        worker.stop()
        return PlainTextResponse("The offer holds no sound.", status_code=400)
    replace_connection(offer.tab, worker)
    return JSONResponse({"sdp": answer.sdp, "type": answer.type})


def replace_connection(tab: str, worker: WebRtcWorker[Any, Any]) -> None:
    """Keep the tab's connection; stop the one before and drop those that ended."""
    ended = [name for name, old in connections.items() if old.pc.connectionState == "closed"]
    for name in {*ended, tab} & connections.keys():
        connections.pop(name).stop()
    connections[tab] = worker


def make_worker(
    settings: Settings, live: FrameSink, tab: str, loop: asyncio.AbstractEventLoop
) -> WebRtcWorker[Any, Any]:
    """streamlit-webrtc's worker, with a sink as the only consumer of the audio."""
    absent = dict.fromkeys(
        (
            "source_video_track",
            "source_audio_track",
            "sink_video_track",
            "player_factory",
            "in_recorder_factory",
            "out_recorder_factory",
            "video_frame_callback",
            "audio_frame_callback",
            "queued_video_frames_callback",
            "queued_audio_frames_callback",
            "on_video_ended",
            "on_audio_ended",
            "video_processor_factory",
            "audio_processor_factory",
        )
    )
    return WebRtcWorker(
        mode=WebRtcMode.SENDONLY,
        rtc_configuration=rtc_configuration(settings),
        sink_audio_track=AudioSinkTrack(frame_callback(live, tab)),
        async_processing=True,
        video_receiver_size=1,
        audio_receiver_size=1,
        sendback_video=False,
        sendback_audio=False,
        loop=loop,
        relay=MediaRelay(),
        **absent,
    )


def frame_callback(live: FrameSink, tab: str) -> Callable[[Frame], None]:
    """The sink's callback, which offers each frame to the meeting. Called on aiortc's loop."""
    connection = next(numbers)

    def callback(frame: Frame) -> None:
        live.offer(frame, tab, connection)

    return callback
