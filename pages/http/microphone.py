"""The route a browser's microphone connects through: an offer in, an answer out.

streamlit-webrtc's worker does the rest: its sink hands every frame, in order, to the meeting.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any, Protocol

from aiortc import RTCConfiguration, RTCIceServer
from aiortc.contrib.media import MediaRelay
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from streamlit_webrtc import AudioSinkTrack, WebRtcMode
from streamlit_webrtc.webrtc import WebRtcWorker

from meetcore.audio.frames import Frame
from meetcore.settings import Settings
from pages.shared import process

logger = logging.getLogger(__name__)

ROUTE = "/microphone/{meeting_id}"
ANSWER_TIMEOUT_S = 10.0
LONGEST_OFFER = 100_000

workers: dict[str, WebRtcWorker[Any, Any]] = {}
"""The connection of each tab; a tab that connects again drops the one before."""


class Listener(Protocol):
    """What takes frames: a running meeting."""

    def offer(self, frame: Frame, source: str) -> None: ...


async def connect(request: Request) -> Response:
    """Answer a browser's offer; its frames go to the meeting until it hangs up.

    Only JSON is read, which no page of another origin may send without being asked first.
    """
    live = process.service().live(request.path_params["meeting_id"])
    if live is None:
        return PlainTextResponse("This meeting is not running.", status_code=404)
    if request.headers.get("content-type", "").split(";")[0] != "application/json":
        return PlainTextResponse("Send the offer as application/json.", status_code=415)
    body = await request.body()
    try:
        offer = json.loads(body[:LONGEST_OFFER])
        sdp, kind, tab = (str(offer[name]) for name in ("sdp", "type", "tab"))
        loop = asyncio.get_running_loop()
        worker = await run_in_threadpool(make_worker, process.settings(), live, tab, loop)
        answer = await run_in_threadpool(worker.process_offer, sdp, kind, ANSWER_TIMEOUT_S)
    except Exception as error:  # a broken offer fails anywhere inside aiortc; the browser retries
        logger.warning("a microphone could not connect: %s", type(error).__name__)
        return PlainTextResponse("The offer could not be answered.", status_code=400)
    if "m=audio" not in answer.sdp:
        worker.stop()
        return PlainTextResponse("The offer holds no sound.", status_code=400)
    keep(tab, worker)
    return JSONResponse({"sdp": answer.sdp, "type": answer.type})


def keep(tab: str, worker: WebRtcWorker[Any, Any]) -> None:
    """Remember the tab's connection, and let go of its last one and of those that ended."""
    ended = [name for name, old in workers.items() if old.pc.connectionState == "closed"]
    for name in {*ended, tab} & workers.keys():
        workers.pop(name).stop()
    workers[tab] = worker


def make_worker(
    settings: Settings, live: Listener, tab: str, loop: asyncio.AbstractEventLoop
) -> WebRtcWorker[Any, Any]:
    """streamlit-webrtc's worker, with a sink as the only consumer of the sound."""
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
        sink_audio_track=AudioSinkTrack(offering(live, tab)),
        async_processing=True,
        video_receiver_size=1,
        audio_receiver_size=1,
        sendback_video=False,
        sendback_audio=False,
        loop=loop,
        relay=MediaRelay(),
        **absent,
    )


def offering(live: Listener, tab: str) -> Callable[[Frame], None]:
    """The sink's callback: each frame is offered, on aiortc's loop; none is dropped."""

    def callback(frame: Frame) -> None:
        live.offer(frame, tab)

    return callback


def rtc_configuration(settings: Settings) -> RTCConfiguration:
    """The ICE servers of the settings and no others; an empty list asks nobody."""
    return RTCConfiguration(
        iceServers=[
            RTCIceServer(**server.model_dump(exclude_none=True)) for server in settings.ice_servers
        ]
    )
