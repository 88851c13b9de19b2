"""This tab's microphone: sends every frame, in order, to the meeting it records.

Drawn by the navigation script, outside every page and fragment, so that looking at another
page does not interrupt a recording.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Protocol

import streamlit as st
import streamlit_webrtc.webrtc
from streamlit.runtime.app_session import AppSession
from streamlit_webrtc import AudioSinkTrack, WebRtcMode, webrtc_streamer
from streamlit_webrtc.shutdown import SessionShutdownObserver

from meetcore.audio.frames import Frame
from meetcore.records import LiveSnapshot, LiveState
from meetcore.settings import Settings
from pages.components import session

logger = logging.getLogger(__name__)


class StayingObserver(SessionShutdownObserver):
    """Ends a connection with its session, not with the page it was opened on."""

    @staticmethod
    def _resolve_initial_page_script_hash(app_session: AppSession) -> str:
        # streamlit-webrtc 0.79 stops its worker when the page's hash changes; "" turns that off.
        return ""


streamlit_webrtc.webrtc.SessionShutdownObserver = StayingObserver


def microphone() -> None:
    """Keep this tab's microphone connected while its meeting runs and it is the one in use.

    The recorder's frame is on the page before anybody presses Start: loading it takes longer
    than connecting.
    """
    current = session.recording()
    live = session.service().live(current.meeting_id) if current else None
    with st.container(key="microphone"):
        webrtc_streamer(
            key=f"microphone-{current.attempt if current else 0}",
            mode=WebRtcMode.SENDONLY,
            rtc_configuration=rtc_configuration(session.settings()),
            media_stream_constraints=constraints(
                current.device_id if current else None, current.clean_up if current else False
            ),
            desired_playing_state=live is not None and wanted(live.snapshot()),
            media_toggle_controls=False,
            sink_audio_track=AudioSinkTrack(offering(live, session.tab_id())),
        )


def wanted(snapshot: LiveSnapshot) -> bool:
    """Whether the meeting goes on with this tab's microphone."""
    running = snapshot.state in (LiveState.LISTENING, LiveState.PAUSED)
    return running and snapshot.source in (None, session.tab_id())


def reattach() -> None:
    """After a reload, take the microphone up again as soon as nobody else sends."""
    if session.may_reattach() is not None:
        wait_for_silence()


@st.fragment(run_every=0.5)
def wait_for_silence() -> None:
    """Look twice a second whether the old page has let go; a second tab never takes over."""
    meeting_id = session.may_reattach()
    live = session.service().live(meeting_id) if meeting_id else None
    if meeting_id is None or live is None:
        return
    snapshot = live.snapshot()
    if snapshot.source is None or snapshot.health.since_last_frame > session.QUIET_S:
        session.begin_recording(meeting_id)
        st.rerun(scope="app")


class Listener(Protocol):
    """What takes frames: a running meeting."""

    def offer(self, frame: Frame, source: str) -> None: ...


def offering(live: Listener | None, source: str) -> Callable[[Frame], None]:
    """The sink's callback: each frame is offered, on aiortc's loop; none is dropped."""

    def callback(frame: Frame) -> None:
        if live is not None:
            live.offer(frame, source)

    return callback


def rtc_configuration(settings: Settings) -> dict[str, Any]:
    """The ICE servers of the settings, and no others.

    Always explicit: without it streamlit-webrtc asks a third party for TURN servers.
    """
    return {"iceServers": [server.model_dump(exclude_none=True) for server in settings.ice_servers]}


def constraints(device_id: str | None, clean_up: bool) -> dict[str, Any]:
    """What the browser is asked for: one microphone, and how much it may polish the sound."""
    audio: dict[str, Any] = {
        "echoCancellation": clean_up,
        "noiseSuppression": clean_up,
        "autoGainControl": True,
        "channelCount": 1,
    }
    if device_id:
        audio["deviceId"] = {"exact": device_id}
    return {"video": False, "audio": audio}
