"""This tab's microphone, kept connected while its meeting runs.

Drawn by the navigation script, outside every page and fragment, so that looking at another
page does not interrupt a recording. Connecting is the element's business, not the script's:
streamlit-webrtc's own frame starts anew on every redraw that falls into its start, and then
waits for an answer to an offer it has forgotten (seen in 5 of 16 starts on a busy machine).
"""

from __future__ import annotations

import streamlit as st

from meetcore.records import LiveSnapshot, LiveState
from pages.shared import element, process, state

KEY = "microphone"

draw = element.register(__file__, "microphone", "microphone_access")


def microphone() -> None:
    """Keep this tab's microphone connected while its meeting runs and it is the one in use."""
    current = state.recording()
    live = process.service().live(current.meeting_id) if current else None
    with st.container(key="recorder"):
        draw(
            key=KEY,
            data={
                "wanted": live is not None and wanted(live.snapshot()),
                "meeting": current.meeting_id if current else None,
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


def wanted(snapshot: LiveSnapshot) -> bool:
    """Whether the meeting goes on with this tab's microphone."""
    running = snapshot.state in (LiveState.LISTENING, LiveState.PAUSED)
    return running and snapshot.source in (None, state.tab_id())


def reattach() -> None:
    """After a reload, take the microphone up again as soon as nobody else sends."""
    if state.may_reattach() is not None:
        wait_for_silence()


@st.fragment(run_every=0.5)
def wait_for_silence() -> None:
    """Look twice a second whether the old page has let go; a second tab never takes over."""
    meeting_id = state.may_reattach()
    live = process.service().live(meeting_id) if meeting_id else None
    if meeting_id is None or live is None:
        return
    snapshot = live.snapshot()
    if snapshot.source is None or snapshot.health.since_last_frame > state.QUIET_S:
        state.begin_recording(meeting_id)
        st.rerun(scope="app")
