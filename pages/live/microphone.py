"""The element that keeps this tab's microphone connected while its meeting runs.

Drawn by the navigation script, outside every page and fragment, so that looking at another
page does not interrupt a recording. Connecting is the element's business, not the script's:
streamlit-webrtc's own frame starts anew on every redraw that falls into its start, and then
waits for an answer to an offer it has forgotten (seen in 5 of 16 starts on a busy machine).
"""

from __future__ import annotations

import streamlit as st

from meetcore.api import live
from meetcore.records import LiveSnapshot, LiveState
from pages.shared import element, process, state

KEY = "microphone"

draw = element.register(
    __file__,
    "microphone",
    "microphone_access",
    "outbox",
    "send_change",
    "recorder",
    "microphone_track",
)


def microphone() -> None:
    """Draw the element, which connects the microphone while this tab records."""
    current = state.recording()
    running = process.service().live(current.meeting_id) if current else None
    snapshot = running.snapshot() if running is not None else None
    with st.container(key="recorder"):
        draw(
            key=KEY,
            data={
                "wanted": snapshot is not None and should_connect(snapshot),
                "meeting": current.meeting_id if current else None,
                "live": live.ROUTE.format(id=current.meeting_id) if current else None,
                "state": snapshot.state.value if snapshot is not None else live.ENDED,
                "attempt": current.attempt if current else 0,
                "device": current.device_id if current else None,
                "cleanUp": current.clean_up if current else False,
                "tab": state.tab_id(),
                "iceServers": [
                    server.model_dump(exclude_none=True)
                    for server in process.settings().ice_servers
                ],
            },
        )


def should_connect(snapshot: LiveSnapshot) -> bool:
    """Whether the meeting takes its sound from this tab, or from none yet."""
    running = snapshot.state in (LiveState.LISTENING, LiveState.PAUSED)
    return running and snapshot.source in (None, state.tab_id())


def reattach() -> None:
    """After a reload, connect the microphone again once no other tab sends."""
    if state.may_reattach() is not None:
        reattach_when_idle()


@st.fragment(run_every=0.5)
def reattach_when_idle() -> None:
    """Record here once the last frame is older than QUIET_S, so that no other tab still sends."""
    meeting_id = state.may_reattach()
    running = process.service().live(meeting_id) if meeting_id else None
    if meeting_id is None or running is None:
        return
    snapshot = running.snapshot()
    if snapshot.source is None or snapshot.health.since_last_frame > state.QUIET_S:
        state.begin_recording(meeting_id)
        st.rerun(scope="app")
